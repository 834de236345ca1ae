"""Where a table's text comes from: compressed or not, in any encoding, also through a pipe."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

from engine.data.dataset import DataError

HEAD = 2**18  # bytes that are looked at to find out how a file is written
CHUNK = 2**23
FEW_LINES, MOST = 10, 2**26  # where lines are long, so many are looked at, if they are not longer

COMPRESSIONS: dict[bytes, tuple[str, Callable[[IO[bytes]], IO[bytes]]]] = {
    b"\x1f\x8b": ("gzip", lambda file: cast(IO[bytes], gzip.GzipFile(fileobj=file))),
    b"BZh": ("bzip2", lambda file: cast(IO[bytes], bz2.BZ2File(file))),
    b"\xfd7zXZ": ("xz", lambda file: cast(IO[bytes], lzma.LZMAFile(file))),  # noqa: SIM115
    b"PK\x03\x04": ("zip", lambda file: _only_member(file)),
}
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
OTHER_FILES = {
    b"PAR1": "it is a Parquet file: give its name the ending .parquet",
    b"\xd0\xcf\x11\xe0": "it is an Excel workbook: save the sheet as CSV",
    b"%PDF": "it is a PDF file, not a table",
    b"\x93NUMPY": "it is a NumPy array: give its name the ending .npy",
    b"\x89HDF": "it is an HDF5 file: save its arrays as NPZ",
    b"version https://git-lfs": "it is a pointer of Git LFS: get the file itself with git lfs pull",
    b"<!doctype html": "it is a web page, not a table",
    b"<html": "it is a web page, not a table",
    b"{": "it is JSON, not a table: save it as CSV",
    b"[": "it is JSON, not a table: save it as CSV",
    b"@relation": "it is an ARFF file: save it as CSV",
}
NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "latin-1": "Latin-1",
    "cp1252": "Windows-1252",
}


class TextFile:
    """The text of a file, which can be gone over more than once.

    Attributes
    ----------
    head : str
        The first lines, up to ``HEAD`` bytes.
    complete : bool
        Whether ``head`` is the whole text.
    encoding, compression : str
        As Python names them; no compression is ``""``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = ExitStack()
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        file = self._files.enter_context(_seekable(self.path))
        opened, self.compression = _decompressed(file)
        self._file = self._files.enter_context(opened)
        start = self._read_head()
        for mark, advice in OTHER_FILES.items():
            if start.lstrip()[: len(mark)].lower() == mark.lower():
                raise DataError(advice)
        self.complete = not self._file.read(1)
        self.encoding = self._encoding(start)
        self._ends_with_returns = b"\r" in start and b"\n" not in start
        self.head = self._text(start)

    def close(self) -> None:
        """Close the file."""
        self._files.close()

    @property
    def encoding_name(self) -> str:
        """The encoding as people name it."""
        return NAMES[self.encoding]

    def take_as_one_byte_each(self) -> None:
        """Take the text as Windows-1252 or Latin-1, since it is not UTF-8."""
        self._file.seek(0)
        chunks = iter(lambda: self._file.read(CHUNK), b"")
        found = {byte for chunk in chunks for byte in re.findall(rb"[\x80-\x9f]", chunk)}
        undefined = found & {b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"}
        self.encoding = "cp1252" if found and not undefined else "latin-1"
        self.head = self._text(self._read_head())

    def encoded(self) -> Iterator[bytes]:
        """Yield the text as UTF-8, some whole lines at a time, each of which ends with a feed."""
        rest = b""
        for chunk in self._utf8():
            block = chunk.replace(b"\r", b"\n") if self._ends_with_returns else chunk
            end = block.rfind(b"\n") + 1
            if end:
                yield b"".join((rest, memoryview(block)[:end]))
                rest = block[end:]
            else:
                rest += block
        if rest:
            yield rest

    def _utf8(self) -> Iterator[bytes]:
        self._file.seek(0)
        if self.encoding == "utf-8":
            while chunk := self._file.read(CHUNK):
                yield chunk
            return
        decoder = codecs.getincrementaldecoder(self.encoding)()
        while chunk := self._file.read(CHUNK):
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()

    def lines(self) -> Iterator[str]:
        """Yield the lines, each with its end."""
        for block in self.encoded():
            lines = block.decode().split("\n")
            yield from (line + "\n" for line in lines[:-1])
            if lines[-1]:
                yield lines[-1]

    def _read_head(self) -> bytes:
        self._file.seek(0)
        start = b""
        while len(start) < HEAD or (start.count(b"\n") < FEW_LINES and len(start) < MOST):
            more = self._file.read(HEAD)
            if not more:
                break
            start += more
        return start

    def _encoding(self, start: bytes) -> str:
        for mark, name in BYTE_ORDER_MARKS.items():
            if start.startswith(mark):
                return name
        if b"\0" in start:
            zeros = start[:1000]
            if zeros[1::2].count(0) > 0.8 * len(zeros[1::2]):
                return "utf-16-le"
            if zeros[0::2].count(0) > 0.8 * len(zeros[0::2]):
                return "utf-16-be"
            raise DataError("it holds binary data, not text")
        return "utf-8"

    def _text(self, start: bytes) -> str:
        """Decode the head, up to the last whole line."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        try:
            text = decoder.decode(start, final=self.complete)
        except UnicodeDecodeError:
            if self.encoding != "utf-8":
                raise DataError(f"it is not text in {self.encoding_name}") from None
            self.take_as_one_byte_each()
            return self.head
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text if self.complete else text[: text.rfind("\n") + 1] or text


def _seekable(path: Path) -> IO[bytes]:
    """Open a file; what can be read only once, such as a pipe, is copied first."""
    if str(path) == "-":
        return _copied(sys.stdin.buffer)
    file = path.open("rb")
    if file.seekable():
        return file
    with file:
        return _copied(file)


def _copied(file: IO[bytes]) -> IO[bytes]:
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - its user closes it
    shutil.copyfileobj(file, copy)
    copy.seek(0)
    return copy


def _decompressed(file: IO[bytes]) -> tuple[IO[bytes], str]:
    start = file.read(8)
    file.seek(0)
    for mark, (name, opened) in COMPRESSIONS.items():
        if start.startswith(mark):
            return opened(file), name
    return file, ""


def _only_member(file: IO[bytes]) -> IO[bytes]:
    """Open the one file in a ZIP archive."""
    archive = zipfile.ZipFile(file)
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    if "[Content_Types].xml" in names:
        raise DataError("it is an Excel workbook: save the sheet as CSV")
    tables = [name for name in names if not name.startswith("__MACOSX/")]
    if len(tables) != 1:
        held = ", ".join(tables[:3]) or "none"
        raise DataError(
            f"the archive must hold one file; it holds {len(tables)} ({held}): unpack it"
        )
    return archive.open(tables[0])
