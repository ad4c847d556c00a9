"""Usual Chinese characters by their sound without its tone, to make slips of an input method.

Written by hand. Characters that are read in several ways (行, 长, 重) are left out: nobody who
types 银行 by its sound is offered 形 for 行.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

_ALIKE = """
an 安按案岸暗
ba 爸吧拔
ban 办班板版般搬半
bao 报保包抱宝饱
bei 备被倍背杯
bi 必比币笔毕避闭壁
biao 表标
bing 病并冰兵
bu 部步布补
cai 才财材采菜彩
can 餐残惭
ce 测策册厕
cha 查茶察插
cheng 成城程承诚
chi 迟持池吃尺
chu 出初处除础触
chuan 穿船串
ci 次辞词此磁
dai 带代待贷袋
dan 单担但蛋
dao 到道导倒岛
deng 等登灯
di 低底递第
dian 电点店典
ding 定订顶
dong 动东冬懂
du 读独毒
duan 短断端段
fa 发法罚
fan 饭反范犯翻返
fang 方放房防访
fei 费非飞废
fen 分份粉奋
fu 付服福负复附副富府
gai 改该盖概
gang 岗刚港钢
gao 高告稿搞
ge 个各格歌隔
gong 工公共供功宫
gu 故固顾古估雇
guan 管关官馆惯
gui 规贵归柜
guo 国过果
he 合何河核盒
hu 户护互湖
hua 化花话画
huan 换环患缓
hui 回汇辉惠
huo 货火活获
ji 机基计记级技季积激集纪急际
jia 假价架嘉甲驾佳加家
jian 件检建健简减间监坚兼
jiang 奖讲将江
jiao 交教脚缴
jie 结节接介借界阶届
jin 金进近今紧
jing 经京精景境警竞静
jiu 久旧九酒
ju 局据举具居剧
jue 决绝
jun 军均
kai 开凯
kao 考靠
ke 可课科客刻克
ku 库苦酷
kuai 快块
lei 类雷泪
li 理力利历礼立例离里
lian 联连练脸
liang 两良粮亮
lin 临林邻
ling 领令零另
liu 留流六刘
lou 楼漏
lu 路录陆
lun 论轮
mai 买卖
man 满慢
mei 美每妹
mi 密米秘
mian 面免
ming 名明命
mo 末默
mu 目木母墓
nian 年念
pai 排牌派
pan 盘判
pei 培配赔陪
pi 批皮
pin 品聘频贫
ping 平评凭屏
qi 期起企器气七
qian 签前钱千迁欠
qing 请情清轻青
qu 取去区
quan 全权劝
que 确缺却
ren 人任认仁
ru 入如
shang 上商伤
she 设社射涉
shen 申身深审神
sheng 生升声胜
shi 时事试市实使室式示适
shou 手受收首
shu 书术输
shui 税水睡
si 司私四思
song 送松
su 速诉素
sui 岁随
suo 所索锁
ti 提题体替
tian 天填田添
tie 贴铁
ting 停听庭
tong 通同统童
tou 投头
tui 退推
wai 外歪
wan 完晚万玩
wang 网往望忘
wei 位未维违危委
wen 问文温闻
wu 无物务午误五
xi 习息希席洗
xia 下夏
xian 现限线先险县
xiang 向项想象享
xiao 消晓笑
xie 写谢协鞋
xin 新心信薪辛
xing 型性星形刑
xiu 休修秀
xu 需须许续
xue 学雪
xun 训寻询
yan 验延言严研眼
yang 样养阳
ye 业夜野页
yi 医意议易移已
yin 因银音引
ying 影营英
you 由邮优油友
yu 语预育遇余
yuan 员元原院园远
yue 月越阅
yun 运允云
zai 再灾
zao 早造
ze 责则择
zeng 增赠
zhan 展站战
zhang 账章张掌
zhao 找照招
zhen 真诊镇
zheng 证正政整征
zhi 职制知直指值支止志
zhou 周州
zhu 住主助注
zi 资自字子
zong 总综
zu 组租足
zuo 做作坐座
"""


@cache
def sounds() -> Mapping[str, str]:
    """Of each character all that sound alike, itself among them."""
    groups = (line.split()[1] for line in _ALIKE.strip().splitlines())
    return {character: group for group in groups for character in group}
