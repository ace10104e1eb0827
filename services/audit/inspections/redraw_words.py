"""What drawing again says, in both languages. A test holds that every code has both."""

from collections.abc import Mapping

SAID: Mapping[str, Mapping[str, str]] = {
    "holds": {
        "zh": "✓ 重新抽取的样本与当时公布的完全一致。",
        "en": "✓ Drawn again, the sample is the one that was told.",
    },
    "early_draw": {
        "zh": "✓ 口令与开启时的指纹相符，样本如下。口令尚未公布：公布之前除您以外无人知道。",
        "en": "✓ The secret is the one committed to; this is the sample. Until you tell the secret nobody but you knows it.",
    },
    "fails": {"zh": "✗ 不能确认这份样本，原因如下。", "en": "✗ This sample is not confirmed; the reasons follow."},
    "drawn": {
        "zh": "检查点共 {size} 条记录，可抽取 {population} 项，抽中 {drawn} 项：",
        "en": "of {size} entries at the checkpoint {population} could be drawn, {drawn} were:",
    },
    "late": {
        "zh": "检查点比最早可用的时刻晚 {late} 条记录",
        "en": "the checkpoint came {late} entries after the first moment it could",
    },
    "witnessed": {"zh": "检查点由见证人联署：{witnesses}", "en": "the checkpoint was cosigned by witnesses: {witnesses}"},
    "no_witness": {
        "zh": "检查点没有见证人联署：只有本县服务器签名，能否防止另造一本日志，取决于您是否自己留存过检查点",
        "en": "no witness stood by: the county's own signature alone, so a second log is excluded only by checkpoints you kept",
    },
    "missing": {"zh": "日志中没有这次督查的记录：{detail}", "en": "the log lacks these steps of the inspection: {detail}"},
    "rule": {"zh": "抽样规则版本 {detail} 不是本程序的版本", "en": "sampling rule {detail} is not the one this program has"},
    "order": {
        "zh": "开启、检查点、抽取的先后不对（{detail}）",
        "en": "opening, checkpoint and draw do not follow each other ({detail})",
    },
    "early": {"zh": "检查点早于督查期结束（{detail}）", "en": "the checkpoint was taken before the period ended ({detail})"},
    "another_checkpoint": {
        "zh": "抽取时用的检查点不是先前定下的那一个",
        "en": "the draw names another checkpoint than the one that was set",
    },
    "commitment": {
        "zh": "公布的口令与开启时的指纹不符",
        "en": "the secret told is not the one whose SHA-256 was given at the opening",
    },
    "root": {
        "zh": "前 {detail} 条记录算不出检查点的根哈希",
        "en": "the first {detail} entries do not give the checkpoint's root",
    },
    "population": {"zh": "可抽取的项目不同（{detail}）", "en": "another population could be drawn from ({detail})"},
    "sample": {"zh": "抽中的项目不同", "en": "another sample was told"},
}
