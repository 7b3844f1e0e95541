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
