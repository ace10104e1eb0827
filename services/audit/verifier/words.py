"""The verifier's sentences. A test holds that every code has both languages."""

LINES: dict[str, dict[str, str]] = {
    "holds": {
        "zh": "✓ 核验通过：签名、每一条记录、每一个哈希、每个对象的修订号全部相符。",
        "en": "✓ It holds: signature, every entry, every hash and every chain agree.",
    },
    "fails": {"zh": "✗ 核验不通过，原因如下。", "en": "✗ It does not hold; the reasons follow."},
    "log": {"zh": "日志 {origin}，共 {size} 条，根哈希 {root}", "en": "log {origin}, {size} entries, root {root}"},
    "checked": {
        "zh": "已核对 {checked}/{size} 条，涉及 {subjects} 个对象",
        "en": "checked {checked} of {size} entries about {subjects} things",
    },
    "source": {"zh": "  来源 {source}：{count} 条", "en": "  source {source}: {count} entries"},
    "earlier": {
        "zh": "已与先前的检查点（{size} 条）比较",
        "en": "compared with the earlier checkpoint ({size} entries)",
    },
    "more": {"zh": "……另有 {count} 处问题", "en": "... and {count} more findings"},
    "not_judged": {
        "zh": "副本不完整或有损坏，修订号是否连续未作判断。",
        "en": "Chains of revisions were not judged: the copy is damaged or cut short.",
    },
}

FINDINGS: dict[str, dict[str, str]] = {
    "unreadable": {"zh": "无法读取 {place}：{detail}", "en": "cannot read {place}: {detail}"},
    "cut_short": {
        "zh": "{place} 处文件中断，记录 {entry} 起未能核对",
        "en": "cut short at {place}; nothing from entry {entry} on was checked",
    },
    "another_file": {
        "zh": "{place} 处应为 {detail}，实际是别的文件；记录 {entry} 起未能核对",
        "en": "at {place} should be {detail}, something else is there; nothing from entry {entry} on was checked",
    },
    "too_large": {
        "zh": "{place} 声称的大小超过上限，记录 {entry} 起未能核对",
        "en": "{place} says to be larger than it can be; nothing from entry {entry} on was checked",
    },
    "container": {
        "zh": "{place} 的打包信息被改动（{detail}）",
        "en": "the container around {place} was changed ({detail})",
    },
    "leftover": {"zh": "末尾之后还有多余内容（{place}）", "en": "something follows after the end ({place})"},
    "about": {"zh": "about.json 与检查点或公钥不符", "en": "about.json does not fit the checkpoint and the key"},
    "checkpoint": {"zh": "检查点格式错误（{detail}）", "en": "the checkpoint is malformed ({detail})"},
    "signature": {
        "zh": "检查点的签名不成立（{detail}）",
        "en": "the signature of the checkpoint does not hold ({detail})",
    },
    "root": {
        "zh": "根哈希与检查点不符：内容不是签名时的内容",
        "en": "the tree does not give the signed root: this is not what was signed",
    },
    "tile": {
        "zh": "哈希块 {place} 与上层不符（{detail}）",
        "en": "tile {place} does not give its hash in the tile above ({detail})",
    },
    "tile_length": {"zh": "哈希块 {place} 长度错误（{detail}）", "en": "tile {place} has a wrong length ({detail})"},
    "tile_hash": {
        "zh": "记录 {entry} 未变，但 {place} 中它的哈希被改动",
        "en": "entry {entry} is as signed, but its hash in {place} was changed",
    },
    "parent_hash": {"zh": "{place} 的哈希被改动（{detail}）", "en": "a hash in {place} was changed ({detail})"},
    "entry": {
        "zh": "记录 {entry} 与签名时不同（{place}{detail}）",
        "en": "entry {entry} is not what was signed ({place}{detail})",
    },
    "bundle_count": {
        "zh": "{place} 的记录条数不对（{detail}）",
        "en": "{place} holds a wrong number of entries ({detail})",
    },
    "not_canonical": {
        "zh": "记录 {entry} 不是规范 JSON（{detail}）",
        "en": "entry {entry} is not canonical JSON ({detail})",
    },
    "envelope": {"zh": "记录 {entry} 的信封字段不对（{detail}）", "en": "entry {entry} breaks the envelope ({detail})"},
    "hole": {"zh": "记录 {entry} 之前有缺口：{detail}", "en": "a hole before entry {entry}: {detail}"},
    "revision_twice": {"zh": "记录 {entry} 重复：{detail}", "en": "entry {entry} tells a revision again: {detail}"},
    "id_twice": {
        "zh": "记录 {entry} 的事件编号已用过：{detail}",
        "en": "entry {entry} uses an event id again: {detail}",
    },
    "earlier_signature": {
        "zh": "先前的检查点不成立（{detail}）",
        "en": "the earlier checkpoint does not hold ({detail})",
    },
    "earlier_larger": {
        "zh": "日志变短了：先前的检查点有 {detail} 条",
        "en": "the log was rolled back: the earlier checkpoint has {detail} entries",
    },
    "earlier_differs": {
        "zh": "日志被改写：前 {detail} 条与先前的检查点不符",
        "en": "the log was rewritten: its first {detail} entries are not those of the earlier checkpoint",
    },
}
