"""Assembly statements of tcgen05 as calls of C++: opcodes letter by letter, operands as written."""

import re

_STATEMENT = re.compile(r"asm volatile\((.*?)\);", re.DOTALL)
_STRING = re.compile(r'\s*"((?:[^"\\]|\\.)*)"')
_OPERAND = re.compile(r'"=?[frl]"\(((?:[^()]|\([^()]*\))*)\)')
_PART = re.compile(r"\{([^}]*)\}|\[([^\]]*)\]|([^,\s]+)")
_SCOPE = ("{", "}")
_MOVE = re.compile(r"tcgen05\.(ld|st)\.sync\.aligned\.32x32b\.x(\d+)\.b32")
_MMA = "tcgen05.mma.cta_group::1.kind::f16"

_CALLS = {
    ("tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32", "[]."): "allocate_tensors",
    ("tcgen05.dealloc.cta_group::1.sync.aligned.b32", ".."): "free_tensors",
    ("tcgen05.relinquish_alloc_permit.cta_group::1.sync.aligned", ""): "relinquish_permit",
    ("tcgen05.fence::before_thread_sync", ""): "fence_before",
    ("tcgen05.fence::after_thread_sync", ""): "fence_after",
    ("tcgen05.wait::ld.sync.aligned", ""): "wait_loads",
    ("tcgen05.wait::st.sync.aligned", ""): "wait_stores",
    (
        "tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.b64",
        "[]",
    ): "commit_products",
    (_MMA, "[]...."): "product_of_shared",
    (_MMA, "[][]..."): "product_of_tensor",
}
"""The twin of an instruction, by opcode and by which operands are addresses."""


def translated(function: str) -> str:
    """A device function with calls of the twins in place of its assembly."""
    text = _STATEMENT.sub(lambda found: _statement(found[1]), function)
    assert "asm" not in text, function
    return text


def _statement(text: str) -> str:
    template = ""
    while string := _STRING.match(text):
        template, text = template + string[1], text[string.end() :]
    operands = _OPERAND.findall(text)
    lines = [line.strip() for line in re.split(r"[;\n]", template.replace("\\n", "\n"))]
    kept = [line for line in lines if line and line not in _SCOPE and not line.startswith(".reg")]
    return "{ " + " ".join(_instruction(line, operands) for line in kept) + " }"


def _instruction(line: str, operands: list[str]) -> str:
    opcode, _, rest = line.partition(" ")
    parts = [_PART.fullmatch(part) for part in re.findall(_PART_OR_LIST, rest)]
    assert all(parts), line
    kinds = "".join("{}" if p[1] else "[]" if p[2] else "." for p in parts if p)
    given = [_filled(p[1] or p[2] or p[3], operands) for p in parts if p]
    if opcode == "setp.ne.b32":
        name, left, right = given
        return f"const bool {name} = {left} != {right};"
    if move := _MOVE.fullmatch(opcode):
        return _move(move[1], int(move[2]), kinds, given)
    return f"host::{_CALLS[opcode, kinds]}({', '.join(given)});"


_PART_OR_LIST = r"\{[^}]*\}|\[[^\]]*\]|[^,\s]+"


def _move(kind: str, count: int, kinds: str, given: list[str]) -> str:
    assert kinds == ("{}[]" if kind == "ld" else "[]{}"), kinds
    registers, address = given if kind == "ld" else reversed(given)
    each = re.split(r",\s*", registers)
    assert len(each) == count, f"{len(each)} registers of {count}"
    pointers = ", ".join(f"(u32*)&{one}" for one in each)
    verb = "load_tensor" if kind == "ld" else "store_tensor"
    return f"host::{verb}({address}, {{{pointers}}});"


def _filled(part: str, operands: list[str]) -> str:
    return re.sub(r"%(\d+)", lambda found: f"({operands[int(found[1])]})", part)
