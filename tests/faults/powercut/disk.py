# SPDX-License-Identifier: Apache-2.0
"""What a power cut leaves of a folder. Reads the journal of powercut.cc, knows of every file and folder what has been
synced and what has not, and writes the folder as it would be found when the power is back: all that was synced, and of
the rest what the chosen mood of the disk keeps. Kept from cut to cut, so that nothing has to be read again."""

import os
import shutil
import struct
from pathlib import Path

RECORD = struct.Struct("<B3xIQQQQ")
WRITE, TRUNCATE, LINK, MAKE_FOLDER, UNLINK, RENAME, SYNC, CUT, NEW_FILE = range(1, 10)
SECTOR = 512
PAGE = 4096

# How much survives of what was not synced. Names: a mood keeps the first part of a folder's changes, as a journalling
# file system does, or any of them. Bytes: any 512 or 4096 of a write; what is lost in between reads as before, or as zeros.
MOODS = ("nothing", "some", "in order", "all")


class File:
    def __init__(self, durable=b""):
        self.durable = bytearray(durable)
        self.pending = []  # (journal offset, kind, offset, data)

    def synced(self, until):
        kept = [change for change in self.pending if change[0] >= until]
        for change in self.pending:
            if change[0] < until:
                apply(self.durable, *change[1:])
        self.pending = kept

    def live(self):
        content = bytearray(self.durable)
        for change in self.pending:
            apply(content, *change[1:])
        return bytes(content)

    def after_cut(self, mood, chance):
        content = bytearray(self.durable)
        for _, kind, offset, data in self.pending:
            if mood == "all":
                apply(content, kind, offset, data)
            elif mood == "nothing":
                continue
            elif kind == TRUNCATE:
                if chance.random() < 0.5:
                    apply(content, kind, offset, data)
            else:
                edge = chance.choice((SECTOR, PAGE))
                start = 0
                while start < len(data):
                    end = min(len(data), (offset + start) // edge * edge + edge - offset)
                    if chance.random() < 0.5:
                        apply(content, WRITE, offset + start, data[start:end])
                    start = end
        return bytes(content)


def apply(content, kind, offset, data):
    if kind == TRUNCATE:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
    else:
        if len(content) < offset:
            content.extend(bytes(offset - len(content)))
        content[offset:offset + len(data)] = data


class Folder:
    def __init__(self):
        self.durable = {}
        self.pending = []  # (journal offset, [(name, node or None)])

    def synced(self, until):
        for offset, entries in self.pending:
            if offset < until:
                change(self.durable, entries)
        self.pending = [one for one in self.pending if one[0] >= until]

    def live(self):
        entries = dict(self.durable)
        for _, changes in self.pending:
            change(entries, changes)
        return entries

    def after_cut(self, mood, chance):
        entries = dict(self.durable)
        count = chance.randint(0, len(self.pending))
        for number, (_, changes) in enumerate(self.pending):
            kept = {"nothing": False, "some": chance.random() < 0.5, "in order": number < count, "all": True}[mood]
            if kept:
                change(entries, changes)
        return entries


def change(entries, changes):
    for name, node in changes:
        if node is None:
            entries.pop(name, None)
        else:
            entries[name] = node


class Disk:
    """The folder `root`, which the journal is about."""

    def __init__(self, root, journal):
        self.root = Path(root)
        self.journal = Path(journal)
        self.was_cut = False
        self.nodes = {}  # inode -> File or Folder
        self.top = self.learn(self.root, None)

    def learn(self, path, known):
        """Everything below `path` counts as durable. `known`: the node whose content this is, so that it need not be read."""
        if path.is_dir():
            node = known or Folder()
            if known is None:
                node.durable = {child.name: self.learn(child, None) for child in path.iterdir()}
        else:
            node = known or File(path.read_bytes())
        self.nodes[path.lstat().st_ino] = node
        return node

    def read_journal(self):
        """Takes in what happened until the cut; gives the number of changes. `was_cut`: that it was the layer that ended it."""
        data = self.journal.read_bytes()
        at = count = 0
        self.was_cut = False
        while at + RECORD.size <= len(data):
            kind, name_size, size, ino, folder, offset = RECORD.unpack_from(data, at)
            names, end = at + RECORD.size + name_size, at + RECORD.size + name_size + size
            if end > len(data):
                break  # the last one, cut short
            name, rest = os.fsdecode(data[at + RECORD.size:names]), data[names:end]
            if kind == CUT:
                self.was_cut = True
                break
            self.take(at, kind, ino, folder, offset, name, rest)
            at, count = end, count + 1
        return count

    def take(self, at, kind, ino, folder, offset, name, rest):
        if kind == NEW_FILE:
            self.nodes[ino] = File()
        elif kind in (WRITE, TRUNCATE):
            self.nodes[ino].pending.append((at, kind, offset, rest))
        elif folder and folder not in self.nodes:
            pass  # of an instance, whose agent made the folder: nobody's promise
        elif kind == LINK:
            self.nodes[folder].pending.append((at, [(name, self.nodes[ino])]))
        elif kind == MAKE_FOLDER:
            self.nodes[ino] = Folder()
            self.nodes[folder].pending.append((at, [(name, self.nodes[ino])]))
        elif kind == UNLINK:
            self.nodes[folder].pending.append((at, [(name, None)]))
        elif kind == RENAME:
            node = self.nodes[folder].live()[name]
            new_name = os.fsdecode(rest)
            if folder == ino:  # one change of one folder: both names or none
                self.nodes[folder].pending.append((at, [(name, None), (new_name, node)]))
            else:
                self.nodes[ino].pending.append((at, [(new_name, node)]))
                self.nodes[folder].pending.append((at, [(name, None)]))
        elif kind == SYNC:
            self.nodes[ino].synced(offset)

    def unseen(self, ignore):
        """Paths whose real content is not what the journal tells: writes that the layer has not seen."""
        return self.compare(self.root, self.top, ignore)

    def compare(self, path, node, ignore):
        if ignore(path.relative_to(self.root)):
            return []
        if isinstance(node, File):
            found, told = path.read_bytes() if path.is_file() else None, node.live()
            return [] if found == told else ["%s (%s bytes, told of %d)" % (path, "no" if found is None else len(found), len(told))]
        entries = node.live()
        there = {child.name for child in path.iterdir()} if path.is_dir() else set()
        wrong = ["%s (%s)" % (path / name, "not told of" if name in there else "told of, and not there")
                 for name in there ^ set(entries) if not ignore((path / name).relative_to(self.root))]
        for name in there & set(entries):
            wrong += self.compare(path / name, entries[name], ignore)
        return wrong

    def cut(self, mood, chance):
        """Makes the folder what is found after the cut, and counts that as durable."""
        old = self.root.with_name(self.root.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        self.root.rename(old)
        self.nodes = {}
        self.top = self.write(self.root, old, self.top, mood, chance, {})
        shutil.rmtree(old, ignore_errors=True)
        self.journal.unlink(missing_ok=True)

    def write(self, path, old, node, mood, chance, written):
        # The mode and owner that it has had; of what was gone already, 0600 and 0700.
        try:
            info = old.lstat()
        except OSError:
            info = None
        if isinstance(node, Folder):
            path.mkdir()
            entries = node.after_cut(mood, chance)
            node.durable = {name: self.write(path / name, old / name, child, mood, chance, written) for name, child in entries.items()}
            node.pending = []
        elif id(node) in written:  # two names of one file: a rename of which only one half was kept
            os.link(written[id(node)], path)
            return node
        else:
            shared_memory = path.name.endswith("-shm")  # whatever it held, nobody may believe it
            content = chance.randbytes(len(node.durable)) if shared_memory else node.after_cut(mood, chance)
            path.write_bytes(content)
            node.durable, node.pending = bytearray(content), []
            written[id(node)] = path
        os.chmod(path, info.st_mode & 0o7777 if info else (0o700 if isinstance(node, Folder) else 0o600))
        if info and os.geteuid() == 0:
            os.chown(path, info.st_uid, info.st_gid)
        self.nodes[path.lstat().st_ino] = node
        return node

