"""What a link may bring that no page expects."""

VALUES: tuple[str, ...] = (
    "", "-1", "9" * 400, "NaN", "inf", "1e999", "null", "[]", "{}", "../..", "<b>", "\x00", "词元",
    "5.1,5.1,999.999,a.b", "0,0", " ",
)  # fmt: skip
TEXTS = {
    "one_token": "a",
    "right_to_left": "שלום עולם مرحبا بالعالم",
    "emoji": "👩‍👩‍👧‍👦 🇨🇳 é ̈ Z̷͑a̸͝l̵g̶o",
    "controls": "a\x00b\x07c\x1bd\u200b\u202ee\u2028f",
    "script": "<script>alert(1)</script></script><img src=x onerror=alert(1)>",
    "markdown": "**bold** [x](javascript:alert(1)) $x$ :red[r] | a | `b` {0} {name} %s",
    "lone_surrogate_like": "\ufffd\ufffe\uffff",
    "newlines": "a\n\n\n\tb\r\nc",
}
HIT = "window.__hit=1"
"""What runs where a text is taken for a program."""
OUTSIDE = "evil.invalid"
"""The host that every address below names."""
MARKUP = (
    f"<script>{HIT}</script>", f"<img src=x onerror={HIT}>", f"<svg/onload={HIT}>",
    f"<svg><animate onbegin={HIT} attributeName=x></svg>",
    f'<iframe srcdoc="<script>parent.{HIT}</script>"></iframe>',
    f"<a href=javascript:{HIT}>x</a>", f"<a href=//{OUTSIDE}>x</a>", f"<details open ontoggle={HIT}>",
    f"<body onload={HIT}>",
    f"<math><mtext><img src=x onerror={HIT}></mtext></math>",
    f"<form action=//{OUTSIDE}><input type=submit></form>",
    f"<style>@import '//{OUTSIDE}/a.css'</style>", f"<link rel=stylesheet href=//{OUTSIDE}>",
    f"<base href=//{OUTSIDE}>",
    f"<meta http-equiv=refresh content='0;//{OUTSIDE}'>", f"<object data=javascript:{HIT}>",
    f"<video><source onerror={HIT}></video>", f"<input autofocus onfocus={HIT}>",
    f"javascript:{HIT}", f"data:text/html,<script>{HIT}</script>", f"\\u003cimg src=x onerror={HIT}\\u003e",
    f"&lt;img src=x onerror={HIT}&gt;", f"<b style=background:url(//{OUTSIDE})>b</b>",
)  # fmt: skip
WRITTEN = (
    f"[x](javascript:{HIT})", f"[x](http://{OUTSIDE})", f"![x](http://{OUTSIDE}/a.png)",
    f"[x]: http://{OUTSIDE}",
    f"<http://{OUTSIDE}>", f"http://{OUTSIDE}/pay", f"HTTPS://{OUTSIDE}", f"www.{OUTSIDE}", f"a@{OUTSIDE}",
    f"mailto:a@{OUTSIDE}", f"xmpp:a@{OUTSIDE}/b", f"ftp://{OUTSIDE}", f"//{OUTSIDE}",
    "**bold** __bold__ *i* _i_ ~~s~~",
    "# title", "> quoted", "- item", "1. item", "| a | b |\n|---|---|\n| c | d |", "```js\ncode\n```",
    "    code", "a\n===",
    "a  \nb", "---", "`code`", "$x^2$", "$$\\frac{1}{2}$$", ":red[r]", ":blue-background[b]",
    ":green-badge[g]",
    ":small[s]", ":rainbow[r]", ":material/home:", ":streamlit:", ":smile:", ":help[h]",
    ":color[c]{foreground=red}",
    ":shimmer[s]", "a -> b <- c -- d >= e <= f ~= g", "[^1]\n\n[^1]: note", "\\[x\\]", "- [ ] task",
    "&copy; &#60;b&#62;",
)  # fmt: skip
ODD = (
    "a\u202eb\u202c", "\u2067a\u2066b", "\u200f\u200ea", "a\x07b\x1b[31mc\x08", "a\x00b",
    "{0} {name} {text!r} {count:n}", "%s %(x)d %n",
    "${7*7} {{7*7}} <%= 7 %> #{7}", "';drop table x;--", "=cmd|' /C calc'!A0", "＝1+1", "@SUM(1)",
    "\ufeff=1", "\u2028\u2029",
    "😀", "Z\u0351a\u0338l\u0335g\u0336o", "x" * 300,
    "../../etc/passwd", "__proto__", "constructor", "]]>", "-->",
)  # fmt: skip
AROUND = ("{}", '">{}', "'>{}", "</script>{}", "</textarea>{}", "`{}`", "a {} b")
"""Where a text may stand when it breaks out."""
INJECTIONS = tuple(
    dict.fromkeys(around.replace("{}", one) for one in (*MARKUP, *WRITTEN, *ODD) for around in AROUND)
)
"""Some six hundred texts that must stay texts."""
