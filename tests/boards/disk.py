# SPDX-License-Identifier: Apache-2.0
"""A disk image a board's firmware boots: GPT with one FAT32 partition, flagged legacy-bootable.

Written from the UEFI specification 2.10 (GPT, chapter 5) and Microsoft's FAT specification 1.03,
with no clock and no chance in it: the same files give the same bytes.
"""
import struct
import uuid
import zlib

SECTOR = 512
PART_START, PART_SECTORS = 16384, 131072  # 8 MiB in, 64 MiB
DISK_SECTORS = PART_START + PART_SECTORS + 2048
RESERVED, FATS = 32, 2
END_OF_CHAIN = 0x0FFFFFFF
ESP = uuid.UUID("C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
DISK_ID = uuid.UUID("4e657875-7300-4000-8000-000000000001")
PART_ID = uuid.UUID("4e657875-7300-4000-8000-000000000002")


def short_checksum(name):
    """The checksum of an 8.3 name that its long-name entries carry."""
    total = 0
    for byte in name:
        total = ((total & 1) << 7) + (total >> 1) + byte & 0xFF
    return total


def directory_entry(name, index, cluster, size, folder):
    """A directory entry, with one long-name entry before it when the name needs it."""
    base, _, extension = name.upper().partition(".")
    long = b""
    if len(base) > 8 or len(extension) > 3:
        if len(name) > 13:
            raise ValueError(f"{name}: more than one long-name entry is needed")
        base, extension = f"{base[:6]}~{index}", extension[:3]
        units = list(name.encode("utf-16-le")) + ([0, 0] if len(name) < 13 else [])
        units = bytes(units).ljust(26, b"\xff")
        packed = base.ljust(8).encode() + extension.ljust(3).encode()
        long = struct.pack("<B10sBBB12sH4s", 0x41, units[:10], 15, 0, short_checksum(packed),
                           units[10:22], 0, units[22:])
    return long + struct.pack("<8s3sBBBHHHHHHHI", base.ljust(8).encode(),
                              extension.ljust(3).encode(), 0x10 if folder else 0x20, 0, 0, 0, 0, 0,
                              cluster >> 16, 0, 0x21, cluster & 0xFFFF, 0 if folder else size)


class Fat:
    """One FAT32 file system, one sector a cluster, filled from the front."""

    def __init__(self):
        self.fat_sectors = PART_SECTORS * 4 // SECTOR
        self.table = [0x0FFFFFF8, END_OF_CHAIN]
        self.data = bytearray()

    def store(self, content):
        """Put bytes in a chain of clusters; returns the first."""
        first = len(self.table)
        count = max(1, -(-len(content) // SECTOR))
        self.table += [first + i + 1 for i in range(count - 1)] + [END_OF_CHAIN]
        self.data += content.ljust(count * SECTOR, b"\0")
        return first

    def folder(self, files):
        """Store a folder of files; returns its first cluster."""
        rows = [directory_entry(name, i, self.store(content), len(content), False)
                for i, (name, content) in enumerate(sorted(files.items()), 1)]
        dots = [struct.pack("<11sB20x", name.ljust(11), 0x10) for name in (b".", b"..")]
        return self.store(b"".join(dots + rows))

    def image(self, folders):
        """All bytes of the partition up to the last used one."""
        rows = b"".join(directory_entry(name, i, self.folder(files), 0, True)
                        for i, (name, files) in enumerate(sorted(folders.items()), 1))
        root = self.store(rows)
        boot = struct.pack("<3s8sHBHBHHBHHHIIIHHIHH12xBBBI11s8s", b"\xeb\x58\x90", b"NEXUS   ",
                           SECTOR, 1, RESERVED, FATS, 0, 0, 0xF8, 0, 63, 255, PART_START,
                           PART_SECTORS, self.fat_sectors, 0, 0, root, 1, 6, 0x80, 0, 0x29, 1,
                           b"NEXUS BOOT ", b"FAT32   ").ljust(510, b"\0") + b"\x55\xaa"
        info = (struct.pack("<I480xIII", 0x41615252, 0x61417272, 0xFFFFFFFF, 0xFFFFFFFF)
                .ljust(510, b"\0") + b"\x55\xaa")
        start = (boot + info).ljust(6 * SECTOR, b"\0") + boot
        fat = struct.pack(f"<{len(self.table)}I", *self.table)
        fat = fat.ljust(self.fat_sectors * SECTOR, b"\0")
        return start.ljust(RESERVED * SECTOR, b"\0") + fat * FATS + bytes(self.data)


def gpt_header(own, other, entries_at, entries):
    """A GPT header for sector `own`."""
    fields = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, own, other, 34,
                         DISK_SECTORS - 34, DISK_ID.bytes_le, entries_at, 128, 128,
                         zlib.crc32(entries))
    return fields[:16] + struct.pack("<I", zlib.crc32(fields)) + fields[20:]


def write_disk(path, folders):
    """Write the image to `path`; `folders` is {folder: {file name: bytes}}."""
    entry = struct.pack("<16s16sQQQ72s", ESP.bytes_le, PART_ID.bytes_le, PART_START,
                        PART_START + PART_SECTORS - 1, 1 << 2, "boot".encode("utf-16-le"))
    entries = entry.ljust(128 * 128, b"\0")
    last = DISK_SECTORS - 1
    protective = struct.pack("<446xBBBBBBBBII48xH", 0, 0, 2, 0, 0xEE, 255, 255, 255, 1, last,
                             0xAA55)
    with path.open("wb") as disk:
        disk.truncate(DISK_SECTORS * SECTOR)
        disk.write(protective)
        disk.write(gpt_header(1, last, 2, entries).ljust(SECTOR, b"\0"))
        disk.write(entries)
        disk.seek(PART_START * SECTOR)
        disk.write(Fat().image(folders))
        disk.seek((last - 32) * SECTOR)
        disk.write(entries)
        disk.write(gpt_header(last, 1, last - 32, entries))
