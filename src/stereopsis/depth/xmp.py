"""XMP in JPEG files: the packet, its extension beyond 64 KB, and the properties inside.

Source: Adobe, XMP Specification Part 3, section 1.1.3.
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

STANDARD = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
GUID_LENGTH = 32
APP1, START_OF_SCAN, END_OF_IMAGE = 0xE1, 0xDA, 0xD9


def xmp_packets(jpeg: bytes) -> list[bytes]:
    """The XMP packet of a JPEG file and its extension, if any; nothing for other files.

    Raises:
        ValueError: a part of the extension is missing.
    """
    standard: list[bytes] = []
    parts: dict[bytes, dict[int, bytes]] = {}
    lengths: dict[bytes, int] = {}
    for payload in _app1_segments(jpeg):
        if payload.startswith(STANDARD):
            standard.append(payload[len(STANDARD) :])
        elif payload.startswith(EXTENSION):
            rest = payload[len(EXTENSION) :]
            guid, numbers = rest[:GUID_LENGTH], rest[GUID_LENGTH : GUID_LENGTH + 8]
            lengths[guid] = int.from_bytes(numbers[:4], "big")
            offset = int.from_bytes(numbers[4:], "big")
            parts.setdefault(guid, {})[offset] = rest[GUID_LENGTH + 8 :]
    wanted = [guid for guid in parts if any(guid in packet for packet in standard)]
    return standard + [_joined(parts[guid], lengths[guid]) for guid in wanted]


def xmp_properties(packets: list[bytes], namespace: str) -> list[dict[str, str]]:
    """One name -> text mapping for each element that has properties of `namespace` (a URI).

    RDF writes a property as an attribute or as a child element; both are found.

    Raises:
        ValueError: a packet is not well-formed XML, or declares entities.
    """
    return [found for packet in packets for found in _properties(_parsed(packet), namespace)]


def _parsed(packet: bytes) -> ElementTree.Element:
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        raise ValueError("XMP declares entities")
    try:
        return ElementTree.fromstring(packet.strip(b"\0"))
    except (ElementTree.ParseError, LookupError) as error:  # the latter at unknown encodings
        raise ValueError("XMP is not well-formed") from error


def _properties(root: ElementTree.Element, namespace: str) -> Iterator[dict[str, str]]:
    prefix = f"{{{namespace}}}"
    for element in root.iter():
        found = {
            name.removeprefix(prefix): text
            for name, text in element.attrib.items()
            if name.startswith(prefix)
        }
        for child in element:
            if child.tag.startswith(prefix) and len(child) == 0 and child.text:
                found[child.tag.removeprefix(prefix)] = child.text.strip()
        if found:
            yield found


def _app1_segments(jpeg: bytes) -> Iterator[bytes]:
    """What the APP1 segments before the first scan hold."""
    position = 2
    while jpeg[:2] == b"\xff\xd8" and jpeg[position : position + 1] == b"\xff":
        marker = jpeg[position + 1] if position + 1 < len(jpeg) else END_OF_IMAGE
        if marker == 0xFF:  # padding before a marker
            position += 1
            continue
        if marker in (START_OF_SCAN, END_OF_IMAGE):
            return
        length = int.from_bytes(jpeg[position + 2 : position + 4], "big")
        if marker == APP1:
            yield jpeg[position + 4 : position + 2 + length]
        position += 2 + length


def _joined(parts: dict[int, bytes], length: int) -> bytes:
    """The extension from its parts, which may come in any order."""
    joined = b""
    for offset in sorted(parts):
        if offset == len(joined):
            joined += parts[offset]
    if len(joined) != length:
        raise ValueError("a part of the extended XMP is missing")
    return joined
