"""Keys, tokens and passwords that open nothing, in the forms that their makers publish."""

from __future__ import annotations

import base64
import json
import random
import string
import uuid
from collections.abc import Callable

from tests.benchmarks.egress_numbers import digits, letters


def secret(rng: random.Random) -> str:
    """What of it must not be seen stands between ⟪ and ⟫; all of it where these are not there."""
    return rng.choice(_SECRETS)(rng)


def _pem(rng: random.Random) -> str:
    body = base64.b64encode(rng.randbytes(96)).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    kind = rng.choice(("RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY"))
    whole = f"-----BEGIN {kind}-----\n⟪{lines}⟫\n-----END {kind}-----"
    return rng.choice((whole, whole.replace("\n", "\\n"), whole.rpartition("\n")[0]))


def _jwt(rng: random.Random) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": digits(rng, 10), "iat": 1516239022})
    head = ".".join(
        base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts
    )
    return f"{head}.{base64.urlsafe_b64encode(rng.randbytes(32)).decode().rstrip('=')}"


def password(rng: random.Random) -> str:
    """What people choose, and what programs do."""
    return rng.choice(
        (
            letters(rng, 5, string.ascii_lowercase) + digits(rng, 4) + "!",
            "P@ss" + letters(rng, 6),
            letters(rng, 14),
            "Qwerty#" + digits(rng, 4),
        )
    )


_HEX = "0123456789abcdef"
_UPPER = string.ascii_uppercase + string.digits
_SECRETS: tuple[Callable[[random.Random], str], ...] = (
    lambda r: "AKIA" + letters(r, 16, _UPPER),
    lambda r: f"aws_secret_access_key = ⟪{base64.b64encode(r.randbytes(30)).decode()}⟫",
    lambda r: base64.b64encode(r.randbytes(48)).decode(),
    lambda r: "LTAI5t" + letters(r, 18),
    lambda r: "ghp_" + letters(r, 36),
    lambda r: "github_pat_" + letters(r, 22) + "_" + letters(r, 59),
    lambda r: "glpat-" + letters(r, 20),
    lambda r: f"xoxb-{digits(r, 12)}-{digits(r, 13)}-{letters(r, 24)}",
    lambda r: f"xapp-1-A{letters(r, 10, _UPPER)}-{digits(r, 13)}-{letters(r, 64, _HEX)}",
    lambda r: (
        f"https://hooks.slack.com/services/⟪T{letters(r, 10, _UPPER)}/B{letters(r, 10, _UPPER)}"
        f"/{letters(r, 24)}⟫"
    ),
    lambda r: "t-g1" + letters(r, 38),
    lambda r: "u-" + letters(r, 40) + "1",
    lambda r: f"https://open.feishu.cn/open-apis/bot/v2/hook/⟪{uuid.UUID(int=r.getrandbits(128))}⟫",
    lambda r: "SEC" + letters(r, 64, _HEX),
    lambda r: f"https://oapi.dingtalk.com/robot/send?access_token=⟪{letters(r, 64, _HEX)}⟫",
    lambda r: (
        f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=⟪"
        f"{uuid.UUID(int=r.getrandbits(128))}⟫"
    ),
    lambda r: "sk-" + letters(r, 48),
    lambda r: "sk-proj-" + letters(r, 60) + "_" + letters(r, 30),
    lambda r: "sk-ant-api03-" + letters(r, 80) + "-AA",
    lambda r: "AIza" + letters(r, 35),
    lambda r: "sk_live_" + letters(r, 24),
    lambda r: "npm_" + letters(r, 36),
    lambda r: "hf_" + letters(r, 34),
    lambda r: f"SG.{letters(r, 22)}.{letters(r, 43)}",
    lambda r: f"{digits(r, 10)}:AA{letters(r, 33)}",
    lambda r: f"Bearer ⟪{letters(r, 40)}⟫",
    lambda r: f"Basic ⟪{base64.b64encode(f'admin:{password(r)}'.encode()).decode()}⟫",
    lambda r: f"password=⟪{password(r)}⟫",
    lambda r: f"密码：⟪{password(r)}⟫",
    lambda r: f"初始密码为⟪{password(r)}⟫",
    lambda r: f'"password": "⟪{password(r)}⟫"',
    lambda r: f"PASSWORD: ⟪{password(r)}⟫",
    lambda r: f"DB_PASSWORD='⟪{password(r)}⟫'",
    lambda r: f"api_key = ⟪{letters(r, 24)}⟫",
    lambda r: f"App Secret：⟪{letters(r, 32)}⟫",
    lambda r: f"密钥是 ⟪{letters(r, 20)}⟫",
    lambda r: f"postgresql://app:⟪{password(r)}⟫@db.internal.example:5432/hr",
    lambda r: f"redis://:⟪{password(r)}⟫@cache.example:6379/0",
    lambda r: f"mysql+pymysql://root:⟪{password(r)}⟫@mysql.example/x?charset=utf8",
    lambda r: f"jdbc:mysql://mysql.example:3306/x?user=root&password=⟪{password(r)}⟫",
    lambda r: f"Server=sql.example;Database=hr;User Id=sa;Password=⟪{password(r)}⟫;",
    lambda r: (
        f"AccountKey=⟪{base64.b64encode(r.randbytes(64)).decode()}⟫;EndpointSuffix=core.example"
    ),
    lambda r: f"mongodb+srv://admin:⟪{password(r)}⟫@cluster0.example.net/test",
    lambda r: f"https://user:⟪{password(r)}⟫@git.example/repo.git",
    _pem,
    _jwt,
)
