"""What two questions may differ in though all else is the same: the city, the leave, the day.

Each facet has values that exclude each other, spelled in Chinese and English alike, so that 上海
and "Shanghai" are one value and 上海 and "Beijing" are two. A value that is missing here is still a
word like any other; the list only needs what people ask the same about, again and again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_FACETS: Mapping[str, tuple[str, ...]] = {
    "place": (
        "北京|beijing",
        "上海|shanghai",
        "广州|guangzhou|canton",
        "深圳|shenzhen",
        "杭州|hangzhou",
        "成都|chengdu",
        "武汉|wuhan",
        "南京|nanjing",
        "苏州|suzhou",
        "西安|xi.?an\\b",
        "重庆|chongqing",
        "天津|tianjin",
        "青岛|qingdao",
        "大连|dalian",
        "厦门|xiamen",
        "长沙|changsha",
        "宁波|ningbo",
        "合肥|hefei",
        "郑州|zhengzhou",
        "香港|hong kong",
        "澳门|macao|macau",
        "台北|taipei",
        "台湾|taiwan",
        "新加坡|singapore",
        "东京|tokyo",
        "日本|japan",
        "首尔|seoul",
        "韩国|korea",
        "曼谷|bangkok",
        "泰国|thailand",
        "越南|vietnam",
        "马来西亚|malaysia",
        "印尼|indonesia",
        "印度(?!尼)|india",
        "迪拜|dubai",
        "伦敦|london",
        "英国|united kingdom|britain|england",
        "柏林|berlin",
        "慕尼黑|munich",
        "德国|germany|german",
        "巴黎|paris",
        "法国|france|french",
        "马德里|madrid",
        "西班牙|spain",
        "意大利|italy",
        "荷兰|netherlands",
        "瑞士|switzerland",
        "波兰|poland",
        "纽约|new york",
        "旧金山|san francisco",
        "西雅图|seattle",
        "多伦多|toronto",
        "加拿大|canada",
        "美国|united states|usa",
        "墨西哥|mexico",
        "巴西|brazil",
        "悉尼|sydney",
        "澳大利亚|澳洲|australia",
        "国内|境内|domestic",
        "国外|出国|海外|境外|国际|abroad|overseas|international",
    ),
    "leave": (
        "年假|年休|annual leave|vacation",
        "病假|sick|病了|感冒",
        "(?<!陪)产假|maternity",
        "陪产|paternity",
        "婚假|结婚|领证|登记结婚|marriage|wedding|get(?:s|ting)? married",
        "丧假|去世|过世|bereavement|funeral",
        "事假|personal leave",
        "调休|补休|time off in lieu|toil",
        "育儿假|parental leave",
        "领养|收养|adopt",
        "无薪|不带薪|unpaid",
        "(?<!不)带薪|(?<!un)paid leave",
    ),
    "staff": (
        "实习|intern",
        "外包|contractor",
        "正式员工|全职|full.?time|regular employee",
        "兼职|副业|part.?time|side job",
        "客户|customer|client",
        "供应商|supplier|vendor",
        "访客|来访|visitor|guest",
        "学生|student",
        "老师|教师|教工|teacher|faculty",
        "新员工|新人|newcomer|new hire|newbie",
    ),
    "person": (
        "爸爸|父亲|father",
        "妈妈|母亲|mother",
        "爸妈|父母|parents",
        "爷爷|祖父|grandfather",
        "奶奶|祖母|grandmother",
        "老婆|妻子|太太|wife",
        "老公|丈夫|husband",
        "孩子|小孩|子女|\\bkids?|child|daughter|\\bson\\b",
        "朋友|friend",
    ),
    "probation": (
        "(?<!过了)(?<!完)试用(?!期?[后过满])|[没未]转正|(?<!after )probation(?! is over)",
        "(?<![没未])转正|过了试用|试用期?[后过满]|(?:after|passed) probation|probation is over",
    ),
    "turn": (
        "(?<![提目以从当空台])前(?!台|往|面|端|提)|\\bbefore\\b|\\bprior to\\b",
        "(?<![然最今])后(?!台|面|端|续|果|悔|勤)|\\bafter\\b",
    ),
    "end": (
        "开始|首班|头班|第一班|\\bstarts?\\b|\\bbegins?\\b|\\bfirst bus",
        "结束|末班|最后一班|\\bends?\\b|\\blast bus",
    ),
    "employment": (
        "入职|报到|加入公司|\\bjoin(?:ed|ing)?\\b|onboarding|first day",
        "离职|辞职|走人|离开公司|\\bresign|\\bquit|\\bleaving\\b|last day|leave the company",
    ),
    "limit": (
        "最多|最高|最大|上限|不超过|\\bmax|at most|upper limit|\\bcap\\b",
        "最少|最低|最小|至少|下限|最短|\\bmin\\b|minimum|at least",
    ),
    "day": (
        "(?:周|星期|礼拜)一|monday",
        "(?:周|星期|礼拜)二|tuesday",
        "(?:周|星期|礼拜)三|wednesday",
        "(?:周|星期|礼拜)四|thursday",
        "(?:周|星期|礼拜)五|friday",
        "(?:周|星期|礼拜)[六日天末]|双休|saturday|sunday|weekend",
        "工作日|平时|weekday",
        "春节|过年|除夕|spring festival|(?:chinese|lunar) new year",
        "国庆|national day",
        "中秋|mid.?autumn",
        "端午|dragon boat",
        "圣诞|christmas",
        "节假日|公众假期|public holiday",
    ),
    "hour": (
        "早上|上午|早班|早晨|早饭|早餐|morning|breakfast",
        "中午|午饭|午餐|noon|lunch",
        "下午|afternoon",
        "(?<!一)晚上|夜里|夜间|晚班|晚饭|晚餐|evening|night|dinner",
    ),
    "cost": (
        "餐补|餐费|饭补|伙食|吃饭|饭钱|meals?\\b|per diem",
        "酒店|住宿|hotel",
        "打车|出租车|的士|taxi|\\bcab\\b",
        "机票|飞机|航班|flight|airfare",
        "火车|高铁|动车|\\btrain\\b",
        "停车|车位|parking",
        "房租|租房|\\brent\\b|housing",
    ),
    "item": (
        "手机|\\bphone\\b",
        "电脑|笔记本|laptop|computer",
        "显示器|monitors?\\b",
        "打印机|printer",
        "扫描仪|scanner",
        "路由器|router",
        "工卡|工牌|门禁卡|badge",
        "钥匙|\\bkeys?\\b",
        "密码|password|\\bpw\\b",
        "邮箱|邮件|e-?mail|mailbox",
        "公积金|housing fund",
        "养老保险|pension",
        "期权|options\\b",
        "发票|fapiao|invoice",
        "合同|contract",
    ),
    "care": ("门诊|outpatient", "住院|inpatient|hospital stay"),
    "side": ("内部|内推|internal", "外部|external"),
    "room": (
        "宿舍|dormitory|\\bdorm\\b",
        "图书馆|library",
        "教学楼|teaching building",
        "食堂|canteen",
        "会议室|meeting room",
    ),
    "act": (
        "取消|撤销|撤回|cancel",
        "退出登录|注销|log ?out|sign ?out",
        "登[录陆]|log ?in\\b|sign ?in\\b",
        "解绑|unbind",
        "绑定|\\bbind\\b",
        "卸载|uninstall",
        "安装|\\binstall",
        "删除|delete|remove",
        "增加|添加|\\badd\\b",
        "上传|upload",
        "下载|download",
        "购买|\\bbuy\\b",
        "归还|退还|\\breturn\\b",
        "丢|遗失|\\blost\\b|\\blose\\b",
        "被偷|被盗|失窃|stolen",
        "忘|forg[eo]t",
        "批准|审批|谁批|谁同意|approv|sign off|signs off",
        "拒绝|驳回|rejected|refused|denied",
    ),
}


def _pattern(spelled: str) -> re.Pattern[str]:
    """A Latin word counts from its beginning."""
    parts = (
        rf"(?<![a-z]){part}" if re.match(r"[a-z]", part) else part for part in spelled.split("|")
    )
    return re.compile("|".join(parts))


_PATTERNS = tuple(
    (facet, str(number), _pattern(spelled))
    for facet, values in _FACETS.items()
    for number, spelled in enumerate(values)
)


def facets(folded: str) -> frozenset[tuple[str, str]]:
    """The facets that a folded text fixes, each with its value."""
    return frozenset(_fixed(folded))


def _fixed(folded: str) -> Iterator[tuple[str, str]]:
    for facet, value, pattern in _PATTERNS:
        if pattern.search(folded):
            yield facet, value
