"""Trust policies: which witnesses are enough, read to the byte as tlog-policy says."""

import pytest

from services.audit.model.checkpoint import Checkpoint
from services.audit.model.cosignature import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, CosignatureKey
from services.audit.model.note import Ed25519Signer, Signature, sign_note
from services.audit.model.policy import parse_policy, policy_of
from services.audit.model.wrong import Wrong
from tests.unit.audit.logs import KEY, ORIGIN, SIGNER

AT = 1679315147
TEXT = Checkpoint(ORIGIN, 7, bytes(32)).text()
W = [CosignatureKey(f"w{n}.example", COSIGNATURE_MLDSA44 if n % 2 else COSIGNATURE_ED25519, bytes([n]) * 32) for n in range(6)]
LINES = [f"witness {name} {key.verifier}" for name, key in zip(("X1", "X2", "X3", "Y1", "Y2", "Y3"), W, strict=True)]
EXAMPLE = "\n".join(
    [
        f"log {KEY}",
        "",
        *LINES[:3],
        "group X-witnesses 2 X1 X2 X3",
        *LINES[3:],
        "group Y-witnesses any Y1 Y2 Y3",
        "group X-and-Y all X-witnesses Y-witnesses",
        "quorum X-and-Y\n",
    ]
)
"""The example of the page, with keys."""


def cosigned(*who: int, at: int = AT) -> bytes:
    """A checkpoint that the log and these witnesses signed."""
    return sign_note(TEXT, [SIGNER, *(W[each].at(at + each) for each in who)])


@pytest.mark.parametrize("who", [(0, 1, 3), (0, 2, 5), (0, 1, 2, 3, 4, 5), (5, 1, 2)])
def test_the_pages_example_holds_when_two_of_one_office_and_one_of_the_other_signed(who: tuple[int, ...]) -> None:
    seen = parse_policy(EXAMPLE.encode()).check(cosigned(*who))
    assert seen.checkpoint.size == 7
    assert {(each.name, each.seconds) for each in seen.seen} == {(LINES[each].split()[1].encode(), AT + each) for each in who}


@pytest.mark.parametrize("who", [(), (0,), (0, 3), (0, 1), (3, 4, 5), (0, 3, 4, 5)])
def test_it_does_not_hold_with_fewer(who: tuple[int, ...]) -> None:
    with pytest.raises(Wrong, match="quorum_not_met"):
        parse_policy(EXAMPLE.encode()).check(cosigned(*who))


def test_one_witness_who_signs_twice_counts_once_and_with_the_later_time() -> None:
    note = sign_note(TEXT, [SIGNER, W[0].at(AT), W[0].at(AT + 9), W[3].at(AT)])
    with pytest.raises(Wrong, match="quorum_not_met"):
        parse_policy(EXAMPLE.encode()).check(note)
    assert policy_of([W[0].verifier]).check(note).seen[0].seconds == AT + 9


def test_a_line_of_a_known_witness_that_does_not_hold_spoils_the_note() -> None:
    forged = Signature(W[1].name, W[1].verifier.key_id, W[1].at(AT).sign(TEXT.replace(b"\n7\n", b"\n8\n")))
    with pytest.raises(Wrong, match="signature_wrong"):
        parse_policy(EXAMPLE.encode()).check(cosigned(0, 2, 3) + forged.line())


def test_lines_of_unknown_keys_are_passed_over() -> None:
    stranger = CosignatureKey("w0.example", COSIGNATURE_ED25519, b"s" * 32)
    note = sign_note(TEXT, [SIGNER, stranger.at(AT), W[0].at(AT)])
    assert [each.key for each in policy_of([W[0].verifier]).check(note).seen] == [W[0].verifier]
    with pytest.raises(Wrong, match="quorum_not_met"):
        policy_of([W[1].verifier]).check(note)


def test_another_log_or_one_that_did_not_sign_is_refused() -> None:
    policy = parse_policy(EXAMPLE.encode())
    cosigners = [W[each].at(AT) for each in (0, 1, 3)]
    with pytest.raises(Wrong, match="no_known_signature"):
        policy.check(sign_note(TEXT, cosigners))
    other = Checkpoint("another.example/log", 7, bytes(32)).text()
    with pytest.raises(Wrong, match="another_log"):
        policy.check(sign_note(other, [SIGNER, *cosigners]))
    with pytest.raises(Wrong, match="another_log"):
        policy_of([W[0].verifier]).check(sign_note(other, cosigners), [SIGNER.verifier])


def test_a_log_may_sign_with_mldsa_and_have_two_keys() -> None:
    own = CosignatureKey(ORIGIN, COSIGNATURE_MLDSA44, b"o" * 32)
    later = Ed25519Signer(ORIGIN, b"l" * 32)
    policy = parse_policy(f"log {KEY}\nlog {own.verifier} https://log.example/\nlog {later.verifier}\nquorum none\n".encode())
    for signers in ([own.at(AT)], [later], [SIGNER, own.at(AT)]):
        assert policy.check(sign_note(TEXT, signers)).seen == ()


def test_how_many_of_some_witnesses_can_be_said_without_a_file() -> None:
    keys = [each.verifier for each in W[:3]]
    assert len(policy_of(keys, 2).check(cosigned(0, 2)).seen) == 2
    with pytest.raises(Wrong, match="quorum_not_met"):
        policy_of(keys).check(cosigned(0, 2))
    assert policy_of([]).check(cosigned()).checkpoint.size == 7
    for least, some in ((0, keys), (4, keys), (1, [keys[0], keys[0]])):
        with pytest.raises(Wrong, match="policy"):
            policy_of(some, least)


FINE = [
    "quorum none\n",
    "# only words\n\n \t\n\t # more\nquorum\tnone \n",
    f"{LINES[0]} https://w.example/\nquorum X1\n",
    f"{LINES[0]}\nquorum X1\n{LINES[1]}\n",
    f"{LINES[0].replace('X1', '市档案馆')}\ngroup all all 市档案馆\nquorum all\n",
    "".join(f"{line}\n" for line in LINES) + "group g 6 X1 X2 X3 Y1 Y2 Y3\nquorum g\n",
]
NOT_FINE = [
    "",
    "\n",
    "quorum none",
    "quorum none\r\n",
    "quorum none\x00\n",
    "quorum none\x7f\n",
    "quorum none\nquorum none\n",
    "quorum X1\n",
    "quorum\n",
    "quorum none none\n",
    "Quorum none\n",
    "quorum\u00a0none\n",
    f"quorum X1\n{LINES[0]}\n",
    f"{LINES[0]}\n{LINES[0].replace('X1', 'X2')}\nquorum none\n",
    f"{LINES[0]}\n{LINES[1].replace('X2', 'X1')}\nquorum none\n",
    f"{LINES[0].replace('X1', 'none')}\nquorum none\n",
    f"{LINES[0]} https://w.example/ #comment\nquorum none\n",
    f"witness X1 {KEY}\nquorum none\n",
    "witness X1\nquorum none\n",
    f"log {KEY}\nlog {KEY}\nquorum none\n",
    f"log {W[0].verifier}\nquorum none\n",
    f"log {KEY[:-1]}\nquorum none\n",
    *(
        f"{LINES[0]}\n{LINES[1]}\n{group}\nquorum none\n"
        for group in (
            "group g",
            "group g all",
            "group g 0 X1",
            "group g 01 X1",
            "group g -1 X1",
            "group g +1 X1",
            "group g 2 X1",
            "group g one X1",
            "group g any X1 X1",
            "group g any X3",
            "group g any g",
            "group g any none",
            "group X1 any X2",
            "group none any X2",
            "group g any X1\ngroup h any X1",
            "group g any X1\ngroup g any X2",
        )
    ),
]


@pytest.mark.parametrize("text", FINE)
def test_what_the_page_allows_is_read(text: str) -> None:
    assert parse_policy(text.encode())


@pytest.mark.parametrize("text", NOT_FINE)
def test_what_the_page_does_not_allow_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(Wrong, match="policy"):
        parse_policy(text.encode())


def test_the_line_that_is_wrong_is_named() -> None:
    with pytest.raises(Wrong, match="line 3: threshold"):
        parse_policy(f"{LINES[0]}\n\ngroup g 2 X1\nquorum g\n".encode())


def test_names_are_octets_and_nothing_else() -> None:
    lines = [LINES[0].replace("X1", "K"), LINES[1].replace("X2", "\u212a"), "quorum K\n"]
    assert set(parse_policy("\n".join(lines).encode()).witnesses) == {b"K", "\u212a".encode()}
    assert parse_policy(b"witness \xff\xfe " + str(W[0].verifier).encode() + b"\nquorum \xff\xfe\n").quorum == b"\xff\xfe"
