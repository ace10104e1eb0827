"""The pages with the families' handsets, in Chinese, as text in and HTML out. No script; one stylesheet of its own."""

from html import escape
from urllib.parse import quote

from deploy.local.carrier.handsets import Handset, Message
from shared.clock import SHANGHAI

STATES = {"ENROUTE": "在路上", "DELIVRD": "已送达", "UNDELIV": "空号", "EXPIRED": "一直关机", "SENT": "已发出"}

STYLE = """
:root { color-scheme: light dark; --line: #cbd5d0; --own: #2f7d5b; --soft: #eef4f1; --text: #1d2a25; --page: #fff; }
@media (prefers-color-scheme: dark) { :root { --line: #3b4742; --own: #3f9a73; --soft: #24302b; --text: #e5ece8;
  --page: #141a17; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 42rem; padding: 1rem; font: 1rem/1.55 system-ui, "Noto Sans CJK SC", sans-serif;
  color: var(--text); background: var(--page); }
h1 { font-size: 1.25rem; margin: 0 0 .25rem; } p.about { margin: 0 0 1rem; opacity: .75; }
a { color: inherit; } ul.phones, ol.talk { list-style: none; margin: 0; padding: 0; }
ul.phones a { display: block; padding: .7rem .25rem; border-bottom: 1px solid var(--line); text-decoration: none; }
ul.phones b { font-variant-numeric: tabular-nums; } ul.phones span { float: right; opacity: .7; font-size: .85rem; }
ul.phones small { display: block; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; font-size: .92rem; }
ol.talk li { max-width: 85%; margin: .6rem 0; padding: .55rem .8rem; border-radius: .9rem; background: var(--soft);
  white-space: pre-wrap; overflow-wrap: anywhere; width: fit-content; }
ol.talk li.own { margin-left: auto; background: var(--own); color: #fff; }
ol.talk time { display: block; font-size: .78rem; opacity: .75; }
form { display: flex; gap: .5rem; margin-top: 1rem; position: sticky; bottom: .5rem; background: var(--page); }
input, button { font: inherit; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: .6rem; }
input { flex: 1; min-width: 0; } button { background: var(--own); color: #fff; border-color: var(--own); }
:focus-visible { outline: 3px solid var(--own); outline-offset: 2px; }
"""


def phones(handsets: list[Handset], shown: int = 300) -> str:
    """Every handset with its last message, newest first; at most `shown` of them."""
    rows = "".join(map(_row, handsets[:shown])) or "<li>还没有短信。</li>"
    more = f"<p class=about>另有 {len(handsets) - shown} 部。</p>" if len(handsets) > shown else ""
    about = f"<p class=about>演示用：{len(handsets)} 部手机收到过短信。点开可看，也可替家里回一条。</p>"
    return _page("家属的手机", f"<h1>家属的手机</h1>{about}<ul class=phones>{rows}</ul>{more}", refresh=True)


def phone(handset: Handset) -> str:
    """One handset as a talk, with a box to answer."""
    bubbles = "".join(map(_bubble, handset.messages))
    number = escape(handset.number)
    form = (
        f'<form method=post action="/demo/handsets/{quote(handset.number)}/answer">'
        '<input name=text maxlength=500 required autocomplete=off aria-label="回复短信" placeholder="1、2、看看……">'
        "<button>发送</button></form>"
    )
    links = '<p class=about><a href="/demo/handsets">全部手机</a> · <a href="">刷新</a></p>'
    return _page(f"手机 {number}", f"<h1>{number}</h1>{links}<ol class=talk>{bubbles}</ol>{form}")


def _row(handset: Handset) -> str:
    last = handset.messages[-1]
    return (
        f'<li><a href="/demo/handsets/{quote(handset.number)}"><b>{escape(handset.number)}</b>'
        f"<span>{_when(last)}</span><small>{'我：' if last.own else ''}{escape(last.text)}</small></a></li>"
    )


def _bubble(message: Message) -> str:
    own = " class=own" if message.own else ""
    state = STATES.get(message.state, message.state)
    return f"<li{own}>{escape(message.text)}<time>{_when(message)} · {state}</time></li>"


def _when(message: Message) -> str:
    local = message.at.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def _page(title: str, body: str, refresh: bool = False) -> str:
    again = '<meta http-equiv="refresh" content="5">' if refresh else ""
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>{again}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="/demo/handsets.css"></head><body><main>{body}</main></body></html>'
    )
