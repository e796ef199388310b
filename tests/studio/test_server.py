"""The server: who gets in, what is served, and that nothing that comes over the socket ends it."""

import asyncio
import contextlib
import io
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest
from PIL import Image
from sessions import FIT, LOOK

from mixtura.gallery import sample
from mixtura.studio.messages import LIMITS, Message, MessageError, decode, encode

uvicorn = pytest.importorskip("uvicorn", reason="without the extra studio")
websockets = pytest.importorskip("websockets")
from websockets.sync.client import connect  # noqa: E402

from mixtura.studio import doors, server, talk  # noqa: E402
from mixtura.studio.opening import cleaned, opened_file, opened_points  # noqa: E402
from mixtura.studio.taking import Request  # noqa: E402
from mixtura.studio.taking import taken as written  # noqa: E402

FUZZED, UPLOADED = 1500, 500
NONCE = "said-by-the-page"


@contextlib.contextmanager
def running(**how):
    """A server in a thread: the studio, and host:port."""
    door = doors.listening("127.0.0.1", 0)
    port = door.getsockname()[1]
    studio = server.Studio("the-token", "127.0.0.1", port, **how)
    config = uvicorn.Config(
        studio.app(), log_level="critical", lifespan="on", ws="websockets-sansio", ws_max_size=LIMITS["frame"],
        ws_per_message_deflate=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    uvicorn_server = uvicorn.Server(config)
    uvicorn_server.install_signal_handlers = lambda: None
    thread = threading.Thread(target=lambda: asyncio.run(uvicorn_server.serve(sockets=[door])))
    thread.start()
    try:
        yield studio, f"127.0.0.1:{port}"
    finally:
        uvicorn_server.should_exit = True
        thread.join(20)
        studio.close()
        door.close()
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def here():
    with running() as (studio, address):
        yield studio, address


class Socket:
    """A page's socket."""

    def __init__(self, address, origin=None, token="the-token", session=None):
        self.opened = connect(
            f"ws://{address}/ws",
            origin=f"http://{address}" if origin is None else origin or None,
            max_size=2**27,
            compression=None,
        )
        self.socket = self.opened.__enter__()
        self.seq = 0
        if token is not None:
            self.say("hello", nonce=NONCE, session=session)
            self.challenge = self.hear("challenge").head
            self.say("prove", proof=doors.proof(token, "page", NONCE, self.challenge["nonce"]))

    def say(self, type_, arrays=None, **head):
        self.seq += 1
        self.socket.send(encode(Message(type_, head, arrays or {}, self.seq)))
        return self.seq

    def hear(self, *types, seconds=60):
        while True:
            message = decode(self.socket.recv(timeout=seconds), "engine")
            if not types or message.type in types:
                return message

    def upload(self, content, name="f", kind="picture", **how):
        given = {"mode": None, "threshold": None, "columns": None} | how
        return self.say("open", {"bytes": np.frombuffer(content, np.uint8)}, kind=kind, name=name, **given)

    def close(self):
        self.opened.__exit__(None, None, None)


@pytest.fixture
def page(here):
    found = Socket(here[1])
    found.welcome = found.hear("welcome")
    yield found
    found.close()


def get(address, path="/", **headers):
    """(status, headers, body) of a request whose headers are as they are given."""
    host, _, port = address.partition(":")
    told = {"Host": address} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items() if value is not None)]
    with socket.create_connection((host, int(port)), 10) as raw:
        raw.sendall(("\r\n".join([*lines, "Connection: close"]) + "\r\n\r\n").encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    found = dict(line.lower().split(": ", 1) for line in rest)
    return int(first.split()[1]), found, body


# What is served, and to whom


def test_pages_come_with_a_policy_and_are_kept_nowhere(here):
    status, headers, body = get(here[1])
    assert status == 200
    assert b"<script" in body
    assert b"the-token" not in body
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    known = {name: headers[name] for name in ("x-content-type-options", "referrer-policy", "cache-control")}
    assert known == {
        "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-store",
    }  # fmt: skip
    for name in ("wire.js", "painter.js", "studio.css"):
        status, headers, _ = get(here[1], f"/{name}")
        assert (status, headers["content-type"].split(";")[0]) == (
            200,
            f"text/{'css' if 'css' in name else 'javascript'}",
        )


@pytest.mark.parametrize(
    "path",
    ["/../server.py", "/%2e%2e/server.py", "/..%2fserver.py", "/server.py", "//etc/passwd", "/web/wire.js", "/page.js",
     "/wire.js%00.py", "/" + "a" * 5000],
)  # fmt: skip
def test_nothing_else_is_served(here, path):
    assert get(here[1], path)[0] in (400, 404)


HOSTS = [
    "evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.x:{port}", "localhost:{port}.evil",
    "[::1]:{port}", "user@127.0.0.1:{port}",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_other_hosts_are_refused(here, host):
    port = here[1].rpartition(":")[2]
    named = host.format(port=port)
    assert get(here[1], Host=named)[0] == 403
    with pytest.raises(websockets.InvalidStatus, match="403"):
        _knock(here[1], named, f"http://{named}")


def _knock(address, host, origin):
    """Ask for a socket under another name: the client's own Host is replaced."""
    request = websockets.sync.client.ClientProtocol.connect

    def named(self):
        found = request(self)
        del found.headers["Host"]
        found.headers["Host"] = host
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(websockets.sync.client.ClientProtocol, "connect", named)
        Socket(address, origin).close()


@pytest.mark.parametrize("origin", ["", "http://evil.example", "https://{address}", "http://127.0.0.1:1", "null",
                                    "http://localhost:{port}", "http://{address}.evil.example"])  # fmt: skip
def test_other_sites_get_no_socket(here, origin):
    with pytest.raises(websockets.InvalidStatus, match="403"):
        Socket(here[1], origin.format(address=here[1], port=here[1].rpartition(":")[2]))


def test_a_host_by_its_name_is_served(here):
    named = here[1].replace("127.0.0.1", "localhost")
    assert get(here[1], Host=named)[0] == 200
    assert get(here[1], Host=named, Origin="http://evil.example")[0] == 403
    _knock(here[1], named, f"http://{named}")


@pytest.mark.parametrize("token", ["", "the-tokem", "the-token ", "thé-token"])
def test_nobody_gets_in_without_the_token(here, token):
    found = Socket(here[1], token=token)
    assert "token" in found.hear().head["sentence"]
    with pytest.raises(websockets.ConnectionClosed) as caught:
        found.hear()
    assert caught.value.rcvd.code == talk.REFUSED


def test_the_server_proves_itself_first_and_no_proof_serves_twice(here):
    first = Socket(here[1])
    first.hear("welcome")
    told = first.challenge
    assert told["proof"] == doors.proof("the-token", "server", NONCE, told["nonce"])
    replayed = doors.proof("the-token", "page", NONCE, told["nonce"])
    mirrored = None
    for wrong in (lambda _: replayed, lambda head: head["proof"], lambda _: "", lambda _: "the-token"):
        found = Socket(here[1], token=None)
        found.say("hello", nonce=NONCE, session=None)
        head = found.hear("challenge").head
        assert head["nonce"] not in (told["nonce"], mirrored)
        mirrored = head["nonce"]
        found.say("prove", proof=wrong(head))
        assert "token" in found.hear("failed").head["sentence"]
        with pytest.raises(websockets.ConnectionClosed) as caught:
            found.hear()
        assert caught.value.rcvd.code == talk.REFUSED
    first.close()


@pytest.mark.parametrize("frame", [b"", b"abc", encode(Message("stop", {"job": 1}, {}, 1))])
def test_who_says_anything_before_hello_is_refused(here, frame):
    found = Socket(here[1], token=None)
    found.socket.send(frame)
    assert found.hear().type == "failed"
    with pytest.raises(websockets.ConnectionClosed):
        found.hear()


def test_a_page_comes_back_to_what_it_had(here):
    first = Socket(here[1])
    name = first.hear("welcome").head["session"]
    first.say("open", kind="sample", name="moons", mode=None, threshold=None, columns=None)
    known = first.hear("opened").head["id"]
    other = Socket(here[1], session=name)
    assert other.hear("welcome").head["session"] != name, "it is taken"
    first.close()
    again = Socket(here[1], session=name)
    told = again.hear("welcome").head
    assert (told["session"], told["source"]) == (name, known)
    for each in (other, again):
        each.close()


# What is too large


def png_of(width, height):
    """A PNG whose head says so; nothing is behind it."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def npy_of(shape, data=b""):
    head = repr({"descr": "<f8", "fortran_order": False, "shape": shape}).encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (png_of(60_000, 60_000), "bomb.png", "60,000 x 60,000 pixels, the limit is 25,000,000"),
        (b"1\n" * (LIMITS["rows"] + 1), "long.csv", "5,000,001 rows, the limit is 5,000,000"),
        (b",".join([b"a"] * 1001) + b"\n" + b",".join([b"1"] * 1001), "wide.csv", "1,001 columns"),
        (b",".join([b"1"] * 70) + b"\n", "seventy.csv", None),
        (npy_of((10**9, 10**6)), "huge.npy", "numbers that are not there"),
        (npy_of((2**31, 2**31, 2)), "cube.npy", "expected a table"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_too_large_is_refused_before_it_is_decoded(page, monkeypatch, content, name, said):
    from mixtura.pictures import files

    monkeypatch.setattr(files, "decode", lambda *_, **__: pytest.fail("it was decoded"))
    page.upload(content, name, "picture" if name.endswith(".png") else "table")
    told = page.hear("opened", "failed")
    assert told.re == page.seq
    if said is None:
        assert len(told.head["columns"]) < 64
    else:
        assert said in told.head["sentence"] + told.head["remedy"]


def test_a_frame_beyond_the_limit_ends_its_socket_alone(here):
    greedy, modest = Socket(here[1]), Socket(here[1])
    for each in (greedy, modest):
        each.hear("welcome")
    with contextlib.suppress(websockets.ConnectionClosed):
        greedy.socket.send(bytes(LIMITS["frame"] + 1000))
    with pytest.raises(websockets.ConnectionClosed) as caught:
        greedy.hear("nothing")
    assert caught.value.rcvd is None or caught.value.rcvd.code == 1009  # or cut off, before that was heard
    modest.say("open", kind="sample", name="moons", mode=None, threshold=None, columns=None)
    assert modest.hear("opened").head["n"] == 400
    modest.close()


HOSTILE = ["../../etc/passwd", "C:\\boot.ini", "<img src=x onerror=alert(1)>.png", "a\x00b.png", "\u202egnp.exe", " ",
           "-rf", "x" * 200, "~root/.ssh/id"]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_words(page, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page.upload(sample("dog.png").read_bytes()[:20_000], name)  # it is cut off: the name is in the sentence
    told = page.hear("failed", "opened").head
    said = told.get("sentence", "") + told.get("remedy", "") + told.get("name", "")
    assert said.isprintable()
    assert "/" not in told.get("name", "")
    page.upload(b"a,b\n1,2\n3,4\n9,9\n", name, "table")
    told = page.hear("opened").head
    assert told["name"].isprintable()
    assert not set("/\\") & set(told["name"]) or "\\u" in told["name"] or "\\x" in told["name"]
    parts = {"weights": np.ones(1), "means": np.zeros((1, 2)), "factors": np.eye(2)[None]}
    more = {"name": name, "width": None, "look": LOOK, "axes": [0, 1], "names": [name], "colours": [None]}
    opened = opened_points([[0.0, 1.0]], None, cleaned(name))
    request = Request.of(Message("take", {"kind": "mix", **more}, parts), opened, None, [], False)
    taken, _, content = written(request)
    assert taken.endswith(".mix")
    assert not set('/\\:<>"') & set(taken)
    again = opened_file(content, taken, kind="model").head
    assert all(each.isprintable() for each in (taken, again["name"], *again["names"]))
    assert list(tmp_path.iterdir()) == [], "nothing is written"


# Whatever comes


def mutated(rng, content):
    """A file or a frame with some bytes changed, cut off, doubled or moved."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        at = int(rng.integers(0, max(1, len(data))))
        match int(rng.integers(0, 6)):
            case 0 if data:
                data[at % len(data)] = int(rng.integers(0, 256))
            case 1:
                del data[at:]
            case 2:
                data[at:at] = rng.bytes(int(rng.integers(1, 20)))
            case 3:
                data[at:at] = data[: int(rng.integers(0, 200))]
            case 4 if data:
                data[at % len(data)] ^= 1 << int(rng.integers(0, 8))
            case _:
                data[at : at + int(rng.integers(0, 30))] = b""
    return bytes(data)


def valid_frames():
    parts = {"weights": np.array([0.4, 0.6]), "means": np.zeros((2, 2)), "factors": np.tile(np.eye(2), (2, 1, 1))}
    opening = {"kind": "table", "name": "a.csv", "mode": None, "threshold": None, "columns": None}
    return [
        encode(message)
        for message in (
            Message("hello", {"nonce": NONCE, "session": None}, {}, 1),
            Message("open", opening, {"bytes": np.frombuffer(b"a,b\n1,2\n3,4\n", np.uint8)}, 2),
            Message("edit", {"revision": 5}, parts, 4),
            Message("pause", {"job": 1}, {}, 5),
            Message("stop", {"job": 1}, {}, 6),
            Message("fit", {"job": 1, **FIT, "k": 10**4, "max_iter": 0}, {}, 7),
        )
    ]


def test_frames_of_all_kinds_are_answered_and_end_nothing(here, page):
    rng = np.random.default_rng(1)
    frames, expected = valid_frames(), 0
    for number in range(FUZZED):
        frame = mutated(rng, frames[number % len(frames)]) if number % 10 else rng.bytes(int(rng.integers(0, 60)))
        try:
            decode(frame)
        except MessageError:
            expected += 1
        page.socket.send(frame)
    edit = Message(
        "edit", {"revision": 77}, {"weights": np.ones(1), "means": np.zeros((1, 1)), "factors": np.ones((1, 1, 1))}, 999
    )
    page.socket.send(encode(edit))
    failed = 0
    while True:
        told = page.hear()
        if told.type == "edited" and told.re == 999:
            break
        failed += told.type == "failed"
        if told.type == "failed":
            assert "nobody foresaw" not in told.head["sentence"]
            assert told.head["sentence"].isprintable()
    assert expected > FUZZED // 2
    assert failed >= expected
    assert get(here[1])[0] == 200


def small_files():
    from mixtura.pictures import codec

    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8))
    for kind in ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"):
        file = io.BytesIO()
        image.save(file, kind)
        yield "picture", f"a.{kind.lower()}", file.getvalue()
    yield "table", "a.csv", b'a,"b;c",d\n1,2,x\n3,,y\n5e3,nan,"z\n"\n'
    yield "table", "a.tsv", b"1\t2\n3\t4\n"
    yield "table", "a.npy", npy_of((4, 2), rng.normal(size=(4, 2)).tobytes())
    import mixtura as mx

    file = io.BytesIO()
    from mixtura.model.storage import save

    save(
        mx.Mixture([1.0], [[0.0, 1.0]], [np.eye(2)]),
        file,
        notes={"studio": {"names": ["a"], "pins": [1]}, "kind": "ink"},
    )
    yield "model", "a.mix", file.getvalue()
    yield "model", "a.gmx", codec.encode(np.asarray(image), n_components=2, effort=0.05)
    with contextlib.suppress(ImportError):
        import pyarrow
        import pyarrow.parquet

        file = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.table({"a": [1.0, 2.0], "b": [3, None], "c": ["x", "y"]}), file)
        yield "table", "a.parquet", file.getvalue()


def test_uploads_of_all_kinds_are_opened_or_refused_and_end_nothing(here, page):
    rng = np.random.default_rng(2)
    files = list(small_files())
    for kind, name, content in files:
        page.upload(content, name, kind)
        told = page.hear("opened", "failed")
        assert told.type == "opened", (name, told.head)
    failed = 0
    for number in range(UPLOADED):
        kind, name, content = files[number % len(files)]
        told_kind = kind if number % 5 else ("picture", "table", "model")[number % 3]
        seq = page.upload(mutated(rng, content), name if number % 7 else "noname", told_kind)
        told = page.hear("opened", "failed")
        assert told.re == seq
        if told.type == "failed":
            failed += 1
            assert "nobody foresaw" not in told.head["sentence"], (name, number)
    assert failed > UPLOADED // 4
    page.say("open", kind="sample", name="geyser", mode=None, threshold=None, columns=None)
    assert page.hear("opened").head["n"] > 100
    assert get(here[1])[0] == 200


# The command


@contextlib.contextmanager
def command(*arguments, code=None, **more):
    """`mixtura studio` as a process, and the address that it printed."""
    whole = [sys.executable, "-m", "mixtura", "studio", "--no-browser", *map(str, arguments)]
    with subprocess.Popen(whole, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more) as process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def children(pid):
    """The processes that this one began, and theirs."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found += [int(path.parent.name), *children(int(path.parent.name))]
    return found


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_signal_ends_all_of_it():
    with command(sample("geyser.csv"), "--port", 0, "-k", 3) as (process, address):
        where = urlparse(address)
        assert where.hostname == "127.0.0.1"
        found = Socket(where.netloc, token=where.fragment.removeprefix("token="))
        welcome = found.hear("welcome").head
        assert (welcome["first"], welcome["limits"]["components"]) == (True, 3)
        assert found.hear("opened").head["name"] == "geyser.csv"
        found.say("fit", job=1, **FIT | {"k": 8, "tol": 0, "max_iter": 10**5})
        found.hear("step")
        below = children(process.pid)
        assert len(below) >= 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
        assert "stopped" in process.stderr.read()
        with pytest.raises(websockets.ConnectionClosed):
            found.hear("nothing")
    end = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in below) and time.monotonic() < end:
        time.sleep(0.05)
    assert [pid for pid in below if Path(f"/proc/{pid}").exists()] == []


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_server_that_is_killed_is_found_again(tmp_path):
    """With the token of before, at the port of before; the session is new, so the page opens its document again."""
    free = doors.listening("127.0.0.1", 0)
    port = free.getsockname()[1]
    free.close()
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    tmp_path.chmod(0o700)
    with command("--port", port, env=environment) as (process, address):
        where = urlparse(address)
        found = Socket(where.netloc, token=where.fragment.removeprefix("token="))
        session = found.hear("welcome").head["session"]
        process.kill()
        process.wait()
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]
    with command("--port", port, env=environment) as (process, again):
        assert again == address
        found = Socket(where.netloc, token=where.fragment.removeprefix("token="), session=session)
        told = found.hear("welcome").head
        assert told["source"] is None
        assert told["session"] != session
        found.close()
        process.kill()
        process.wait()
    (kept,) = tmp_path.iterdir()
    os.utime(kept, (0, time.time() - doors.KEPT - 1))  # long dead: somebody else may have listened there since
    other = tmp_path / "mixtura-studio-1"
    other.touch(0o600)
    os.utime(other, (0, 0))
    with command("--port", port, env=environment) as (process, other):
        assert other != address
        assert [path.name for path in tmp_path.iterdir()] == [kept.name]
        assert kept.read_text() == urlparse(other).fragment.removeprefix("token=")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.png"], "nowhere.png cannot be read"),
        (["."], "is a folder"),
        (["--host", "203.0.113.7"], "--host is '203.0.113.7', which is no address of this machine"),
        (["--port", "{taken}"], "--port {taken} cannot be had"),
        (["--port", "70000"], "--port is 70000"),
        (["{broken}"], "broken.png"),
        (["-k", "0"], "-k is 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_be_is_said_in_a_line(arguments, said, tmp_path, monkeypatch, capsys):
    from mixtura.cli.app import main

    monkeypatch.setattr(signal, "signal", lambda *_: None)
    taken = doors.listening("127.0.0.1", 0)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    words = {"taken": taken.getsockname()[1], "broken": tmp_path / "broken.png"}
    given = [each.format(**words) for each in arguments]
    port = [] if "--port" in given else ["--port", "0"]
    monkeypatch.setattr(sys, "argv", ["mixtura", "studio", "--no-browser", *port, *given])
    with pytest.raises(SystemExit) as caught:
        main()
    taken.close()
    told = capsys.readouterr().err
    assert caught.value.code == 2, told
    assert said.format(**words) in told
    assert len(told.strip().splitlines()) == 1 + ("--host" in given)
    assert len(told) < 700


def test_without_the_extra_the_command_names_it(monkeypatch):
    from mixtura.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mixtura\[studio\]'"):
        server.serve(port=0)
