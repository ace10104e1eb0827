"""The verifier's sentences. A test holds that every code has both languages."""

LINES: dict[str, dict[str, str]] = {
    "holds": {
        "zh": "✓ 核验通过：签名、每一条记录、每一个哈希、每个对象的修订号、每天的计数全部相符。",
        "en": "✓ It holds: signatures, every entry, every hash, every chain and every day's count agree.",
    },
    "holds_part": {
        "zh": "✓ 核验通过：签名、所含的每一条记录、每一个哈希全部相符。能证明什么、不能证明什么，见下。",
        "en": "✓ It holds: signatures, every hash and every entry in here agree. What that proves, and what not, follows.",
    },
    "fails": {"zh": "✗ 核验不通过，原因如下。", "en": "✗ It does not hold; the reasons follow."},
    "log": {"zh": "日志 {origin}，共 {size} 条，根哈希 {root}", "en": "log {origin}, {size} entries, root {root}"},
    "checked": {
        "zh": "已核对 {checked}/{size} 条，涉及 {subjects} 个对象",
        "en": "checked {checked} of {size} entries about {subjects} things",
    },
    "source": {"zh": "  来源 {source}：{count} 条", "en": "  source {source}: {count} entries"},
    "witness": {
        "zh": "  见证 {name}：于 {at} 见过此检查点，并确认日志只增不改",
        "en": "  witness {name} saw this checkpoint at {at} and that the log only grew",
    },
    "no_witness": {
        "zh": "没有指定见证：给别人看的是不是另一本日志，这里无从得知。",
        "en": "No witness was named: whether somebody else was shown another log cannot be told from here.",
    },
    "earlier": {
        "zh": "已与先前的检查点（{size} 条）比较",
        "en": "compared with the earlier checkpoint ({size} entries)",
    },
    "more": {"zh": "……另有 {count} 处问题", "en": "... and {count} more findings"},
    "not_judged": {
        "zh": "副本不完整或有损坏，修订号是否连续、每天计数是否相符未作判断。",
        "en": "Chains of revisions and days' counts were not judged: the copy is damaged or cut short.",
    },
    "whole": {
        "zh": "这是整本日志：检查点之前没有任何记录被漏掉。",
        "en": "This is the whole log: up to the checkpoint nothing is left out.",
    },
    "tree_whole": {
        "zh": "副本与签名一致；上面列出的是日志本身的问题，不是副本的问题。",
        "en": "The copy is as signed: what is listed above is wrong with the log, not with the copy.",
    },
    "no_days": {
        "zh": "这里没有任何来源报过某天的总数，因此末尾是否少了记录无从判断。",
        "en": "No source counted a day in here, so whether the last events of a thing are missing cannot be told.",
    },
    "days": {
        "zh": "来源 {source}：{first} 至 {through} 每天的总数与日志一致",
        "en": "source {source}: from {first} through {through} each day's count is what the log holds",
    },
    "days_none": {
        "zh": "来源 {source}：从 {first} 起还没有一天能判定完整",
        "en": "source {source}: from {first} on no day is shown to be complete yet",
    },
    "days_uncounted": {"zh": "  没有报过总数的日子：{days}", "en": "  days it never counted: {days}"},
    "days_differing": {"zh": "  总数与此处不符的日子：{days}", "en": "  days whose count is not what is here: {days}"},
    "part_span": {
        "zh": "这是日志的一段：第 {first} 条至第 {last} 条一条不缺。这一段之外有什么，本副本不作证明。",
        "en": "This is a span of the log: every entry from {first} to {last}, none left out."
        " It says nothing of what lies outside.",
    },
    "part_branch": {
        "zh": "这是支部 {of} 及其下级的 {entries} 条记录：每一条都在已签名的日志里，一字未改。",
        "en": "These are {entries} entries of branch {of} and below: each is in the signed log, unchanged.",
    },
    "part_thing": {
        "zh": "这是与 {of} 有关的 {entries} 条记录（其中 {naming} 条直接提到它）：每一条都在已签名的日志里，一字未改。",
        "en": "These are {entries} entries about {of} ({naming} name it): each is in the signed log, unchanged.",
    },
    "part_unnamed": {
        "zh": "没有一条提到 {of}：这些记录与它有关，只是本县的说法。",
        "en": "None of them names {of}: that they are about it is the county's word alone.",
    },
    "part_chosen": {
        "zh": "不能证明：日志里再没有别的有关记录。这些记录是县里挑选的；要证明没有遗漏，请索取整本日志或一个时段。",
        "en": "Not proven: that nothing else about it is in the log. The county chose these entries;"
        " for that ask for the whole log or for a span.",
    },
    "part_chains": {
        "zh": "其中 {whole} 个对象从第 1 次变更起连续：到这里的最后一次为止没有遗漏（之后的变更此处看不到）；"
        "另有 {rest} 个对象的变更不全。",
        "en": "{whole} things have every revision from the first on: of these nothing is left out up to the last one here"
        " (what came later cannot be seen from here); of {rest} things some revisions are not here.",
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
    "quorum": {
        "zh": "见证不足（{detail}）：无法排除给别人看的是另一本日志",
        "en": "too few witnesses cosigned ({detail}): somebody else may have been shown another log",
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
    "not_here": {
        "zh": "不在此副本中（记录 {entry} 之前）：{detail}",
        "en": "not in here (before entry {entry}): {detail}",
    },
    "revision_twice": {"zh": "记录 {entry} 重复：{detail}", "en": "entry {entry} tells a revision again: {detail}"},
    "id_twice": {
        "zh": "记录 {entry} 的事件编号已用过：{detail}",
        "en": "entry {entry} uses an event id again: {detail}",
    },
    "count_form": {
        "zh": "记录 {entry} 是某天的总数，但格式不对",
        "en": "entry {entry} counts a day in no known form",
    },
    "day_differs": {
        "zh": "来源 {place} 在记录 {entry} 中报的总数与这里不符（报/有）{detail}",
        "en": "source {place} counted a day in entry {entry} that is not what is here (said/held) {detail}",
    },
    "days_too_many": {
        "zh": "事件种类与日期多得不合常理，每天的总数未作判断",
        "en": "there are more kinds and days than any county has: days' counts were not judged",
    },
    "span_gap": {
        "zh": "自称连续的一段在记录 {entry} 之前缺第 {detail} 条",
        "en": "a span that says to be whole lacks entries {detail} before entry {entry}",
    },
    "not_asked": {
        "zh": "记录 {entry} 不属于所说的支部（{detail}）",
        "en": "entry {entry} is not of the branch it says to be of ({detail})",
    },
    "part_differs": {
        "zh": "{place} 说的记录条数或起止与内容不符（{detail}）",
        "en": "{place} states another number, first or last entry than there are ({detail})",
    },
    "out_of_place": {
        "zh": "{place} 不在它该在的位置，记录 {entry} 起未能核对",
        "en": "{place} is not where it must be; nothing from entry {entry} on was checked",
    },
    "picked_form": {
        "zh": "{place} 的内容无法分解，记录 {entry} 起未能核对",
        "en": "{place} cannot be taken apart; nothing from entry {entry} on was checked",
    },
    "unpacked_part": {
        "zh": "日志的一部分请直接核验文件本身，不要先解包（{place}）",
        "en": "a part of the log is checked as the file it came in, not unpacked ({place})",
    },
    "earlier_not_held": {
        "zh": "此副本不含与先前检查点（{detail} 条）比较所需的哈希；导出时请说明先前的条数",
        "en": "this bundle does not hold what a comparison with {detail} entries needs: name that size when it is exported",
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

ONE: dict[str, dict[str, str]] = {
    "holds": {
        "zh": "✓ 证明成立：日志 {origin} 的第 {index} 条（共 {size} 条，从 0 数起）就是它。",
        "en": "✓ It holds: this is entry {index} of the {size} entries (counted from 0) of log {origin}.",
    },
    "fails": {"zh": "✗ 证明不成立：{why}", "en": "✗ The proof does not hold: {why}"},
    "witness": {"zh": "  见证 {name}：于 {at} 见过此检查点", "en": "  witness {name} saw this checkpoint at {at}"},
    "leaf": {"zh": "指纹（SHA-256）：{leaf}", "en": "hash (SHA-256): {leaf}"},
    "entry": {"zh": "记录原文：{entry}", "en": "the entry: {entry}"},
    "no_entry": {
        "zh": "这里只有指纹，没有原文。要核对原文，请加 --entry。",
        "en": "There is only the hash here. To hold the entry itself against it, add --entry.",
    },
    "proves": {
        "zh": "能证明：签名时它就在日志里，一字未改。不能证明：所说的是事实，或之后没有更正。",
        "en": "Proven: it was in the log when that was signed, unchanged. Not proven: that what it tells is true, or was not"
        " corrected later.",
    },
}
