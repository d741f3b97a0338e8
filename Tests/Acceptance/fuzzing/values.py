"""Values that trap careless readers: at the edges of integer types, beyond them, and numbers that are none."""
import struct

_WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}

INTEGERS = sorted(
    {0, 1, 2, 3, 7, 9, 15, 16, 22, 100, 4095, 4097, 40_000, 65_535, 65_536, 10**6, 10**9}
    | {2**n + d for n in (7, 8, 15, 16, 24, 29, 30, 31, 32, 33, 52, 53, 62, 63, 64) for d in (-1, 0, 1)})

DOUBLES = [float("nan"), float("inf"), float("-inf"), -0.0, -1.0, 1e-320, 5e-324, 1e-60, -1e-60, 1e9, -1e9, 1e19,
           1e20, 1e39, 1e300, 1.7976931348623157e308, 2.0**53, 2.0**62, 2.0**63, -(2.0**63), 2.0**64]

# As they stand in JSON, YAML, tables and on the command line.
TOKENS = ["-1", "0", "1", "2", "-0", "00", "1.5", "-1.5", "255", "256", "65535", "65536", "2147483647", "2147483648",
          "4294967295", "4294967296", "9007199254740993", "9223372036854775807", "9223372036854775808",
          "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
          "340282366920938463463374607431768211456", "1e3", "1e9", "1e18", "1e19", "1e39", "1e300", "1e308", "1e309",
          "-1e309", "1e-45", "1e-46", "1e-60", "1e-320", "1e-400", "nan", "NaN", "inf", "-inf", "Infinity", "0x10",
          "0x1p1023", "true", "null", "", " ", "x", "ä", "\u0000", "[]", "{}", "[1]", "{\"a\":1}", "\"\"", "\"x\"",
          "1,2", "1_000", "+1", "1.", ".5", "--", "1" * 400, "é" * 20_000]

# Those of them that are JSON.
JSON_TOKENS = [t for t in TOKENS if t in ("null", "true", "[]", "{}", "[1]", "{\"a\":1}", "\"\"", "\"x\"")
               or (t and t.lstrip("-")[:1].isdigit() and "x" not in t and "_" not in t and "," not in t)] + [
    "\"nan\"", "\"inf\"", "\"-inf\"", "[" * 600 + "]" * 600, "[" + "0," * 5000 + "0]"]


def width(kind):
    """The bytes of an integer of this kind."""
    return _WIDTHS[kind]


def integers(kind):
    """The nasty values that an integer of this kind can hold."""
    return [v for v in INTEGERS if v < 256 ** _WIDTHS[kind]]


def pack(kind, value):
    """A little-endian integer; what does not fit is cut off."""
    return (value % 256 ** _WIDTHS[kind]).to_bytes(_WIDTHS[kind], "little")


def floats(kind):
    """The nasty numbers of a float ('f4') or double ('f8'), as bytes."""
    result = []
    for value in DOUBLES:
        try:
            result.append(struct.pack("<f" if kind == "f4" else "<d", value))
        except OverflowError:
            pass
    return result
