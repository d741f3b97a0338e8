"""Image messages of Foxglove (Protocol Buffers) and ROS 2 (CDR), and protobuf messages of any kind, field by field."""
import struct

from mcap import Fields

COMPRESSED, RAW = "foxglove.CompressedImage", "foxglove.RawImage"
ROS_COMPRESSED, ROS_RAW = "sensor_msgs/msg/CompressedImage", "sensor_msgs/msg/Image"


def varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def read_varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def fields(data):
    """The fields of a protobuf message as [number, wire type, value]."""
    at, result = 0, []
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == 0:
            value, at = read_varint(data, at)
        elif tag & 7 == 2:
            length, at = read_varint(data, at)
            value, at = data[at:at + length], at + length
        else:
            size = 8 if tag & 7 == 1 else 4
            value, at = data[at:at + size], at + size
        result.append([tag >> 3, tag & 7, value])
    return result


def join(parts):
    """The message of such fields."""
    out = b""
    for number, kind, value in parts:
        out += varint(number << 3 | kind)
        out += varint(value) if kind == 0 else (varint(len(value)) + value if kind == 2 else value)
    return out


def compressed(data, format=b"jpeg"):
    return join([[1, 2, join([[1, 0, 7]])], [2, 2, data], [3, 2, format]])


def raw(pixels, width, height, encoding=b"rgb8", step=None):
    number = lambda value: struct.pack("<I", value % 2**32)
    return join([[2, 5, number(width)], [3, 5, number(height)], [4, 2, encoding],
                 [5, 5, number(3 * width if step is None else step)], [6, 2, pixels]])


def cdr(parts, replaced=None):
    """A ROS 2 message: header, then parts as (name, kind, value). Returns bytes and field names."""
    w, out = Fields(replaced), bytearray(b"\0\1\0\0")
    parts = [("seconds", "u32", 1), ("nanoseconds", "u32", 2), ("frame", "text", b"camera\0")] + parts
    for name, kind, value in parts:
        if kind != "u8":
            out += b"\0" * (-(len(out) - 4) % 4)
        out += w.text(name, value) if kind == "text" else w.number(name, kind, value)
    return bytes(out), w.names


def ros_compressed(data, replaced=None):
    return cdr([("format", "text", b"jpeg\0"), ("data", "text", data)], replaced)


def ros_raw(pixels, width, height, encoding=b"rgb8\0", replaced=None):
    return cdr([("height", "u32", height), ("width", "u32", width), ("encoding", "text", encoding), ("bigEndian", "u8", 0),
                ("step", "u32", 3 * width), ("data", "text", pixels)], replaced)
