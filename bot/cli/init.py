"""`deskmate init`: a commented deskmate.toml to start from."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from bot.cli.options import Subcommands
from bot.cli.terminal import say
from bot.settings import SettingsInvalid
from knowledge.atomic import room

TEMPLATE = """\
# Deskmate. Every key can also be set in the environment as DESKMATE_<SECTION>__<KEY>,
# which is the better place for tokens and secrets. What is commented out is the default,
# or an example.

[server]
# host = "127.0.0.1"        # only this machine; a reverse proxy stands in front
# port = 8080

[storage]
# data_dir = "./data"       # passages, events, feedback
# database_url = ""         # empty: SQLite in data_dir; or postgresql+asyncpg://…

[knowledge]
# qdrant_url = ""           # empty: embedded in data_dir; or http://…:6333
# embedding_model = ""      # empty: the two small models of `deskmate models list`
# late_interaction = true   # a vector a token: finds better, takes some 20 KB a passage more
# reranker = ""             # empty: none; or the folder of a cross-encoder in ONNX
# dictionary = "words.txt"  # company words, one a line, synonyms after "="
# audience = ["everyone"]   # who may read documents of which nobody says it

[knowledge.qdrant]          # how a Qdrant server keeps new collections
# shards = 0                # 0: as the server does by itself
# replicas = 0
# write_consistency = 0
# quantization = "none"     # none | int8
# ca_file = ""              # certificates to trust, where qdrant_url is https

[knowledge.folders]         # the same by folder below the ingested root
# "hr/pay" = ["hr"]

[generation]
# engine = "auto"           # auto | ctransformers | llamacpp | openai | extractive
# model = ""                # a name of `deskmate models list`, or the path of a GGUF file
# base_url = ""             # for engine = "openai": any compatible server
# api_key = ""
# concurrent = 8            # prompts a server gets at a time
# waiting = 16              # prompts that may wait for their turn

[egress]                    # what a model server outside the house gets to read
# inside = ["localhost", "127.0.0.0/8", "::1"]  # hosts and networks in the house
# audiences = ["everyone"]  # documents for others do not leave
# names_file = ""           # everybody who works here, a name a line
# amounts = false           # true: amounts of money are replaced as well

[answering]
# max_wrong_rate = 0.02     # share of given answers that may be wrong; see `deskmate calibrate`

[playground]
# enabled = false           # the web chat, for people at this machine: nobody signs in there

[slack]
# enabled = false
# mode = "http"             # http | socket
# bot_token = ""
# signing_secret = ""       # for http
# app_token = ""            # for socket

[feishu]
# enabled = false
# mode = "http"             # http | websocket
# app_id = ""
# app_secret = ""
# verification_token = ""
# encrypt_key = ""

[dingtalk]
# enabled = false
# mode = "http"             # http | stream
# client_id = ""
# client_secret = ""
# robot_code = ""
# corp_id = ""
# card_template_id = ""

[access]
# admins = []               # "slack:U123", "feishu:ou_…", "dingtalk:manager1"
# hr = []

# outsiders = "common"      # guests and other companies: common | none
# open_channels = "everybody"   # who reads a public channel: everybody | members
# members_fresh_s = 60      # how long a list of members is believed
# most_members = 200        # the members of a larger group are not looked up

[access.audiences]          # people, and groups, departments and channels
# managers = ["slack:U123", "slack:C123", "feishu:oc_…", "feishu:od-…", "dingtalk:dept:7"]

[access.role_groups]        # whose members have a role: groups, channels, departments
# hr = ["slack:S123"]

[audit]
# questions = false         # true: what people ask stands in the audit log too

[limits]
# questions_per_minute = 10           # a person; on PostgreSQL all bots together
# channel_questions_per_minute = 120
# all_questions_per_minute = 3000
# commands_per_minute = 30            # a person
# votes_per_day = 50

[groups]
# mode = "mention"          # mention | relevant: also what nobody asked the bot, if it surely knows
# cooldown_minutes = 30     # the same topic is answered once in so long, unasked
# per_hour = 6              # unasked answers a channel
# quiet_minutes = 60        # after somebody said "stop" or "that is wrong"

[loop]
# ask_owner = "requested"   # requested: when somebody presses "Ask a person" | always
# approval = false          # an expert's reply waits for /deskmate review
# learn_after = 2           # so many 👍 teach another wording of a verified question
# channel = ""              # "slack:C123": ask experts there; empty: in direct messages
# gate = "warn"             # a change that makes answers worse: warn | block until you let it

[loop.freshness]
# every_days = 7            # owners are reminded of what is past its review; 0: never
# weekday = "monday"
# hour = 9
# timezone = ""             # "Asia/Shanghai"; empty: this machine's own

# [[loop.owners]]           # who answers for what; administrators for everything else
# people = ["slack:U123"]
# topics = ["annual leave", "年假"]
# folders = ["hr/leave"]

[ingest]                    # what administrators may take in with /deskmate ingest
# roots = []                # folders that may be read, with all that is in them
# hosts = []                # the company's own, which may be fetched from: "wiki.corp"

[onboarding]
# enabled = false           # journeys of new colleagues, see docs/how-to/onboarding.md
# folder = ""               # HR's own journeys; empty: the sample
# automatic = true          # false: only HR begins one
# channel = ""              # "slack:C123": the weekly digest; empty: direct messages
# begin = "09:00"           # local hours in which people are written to, on working days
# end = "18:30"

# [[onboarding.offices]]    # the first is everybody's of whom nothing is known
# names = ["Hangzhou", "杭州"]
# time_zone = "Asia/Shanghai"
# country = "CN"

[telemetry]                 # traces of every event; logs and metrics need no setting
# otlp_endpoint = ""        # a collector: "http://otel:4318"
# sample_ratio = 1.0        # the share of events that are traced
"""


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("init", help="write a commented deskmate.toml")
    parser.add_argument("--config", type=Path, default=Path("deskmate.toml"), metavar="FILE")
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Write the file, unless there is one.

    Raises:
        SettingsInvalid: the file exists; it is left as it is.
        StorageFull: no room; no half a file is left.
    """
    file: Path = arguments.config
    try:
        await asyncio.to_thread(_write, file)
    except FileExistsError as error:
        raise SettingsInvalid(f"{file} exists already and was left as it is") from error
    say(f"{file} written; next: deskmate doctor --config {file}")
    return 0


def _write(file: Path) -> None:
    with room(file), file.open("x", encoding="utf-8") as new:
        try:
            new.write(TEMPLATE)
            new.flush()
        except OSError:
            file.unlink()
            raise
