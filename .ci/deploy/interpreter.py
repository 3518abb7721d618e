#!/usr/bin/python3 -SE
"""A Python for gcloud that has gcloud's modules in memory already, so that a
call takes a third of the time. gcloud starts it by its own setting:

    CLOUDSDK_PYTHON=interpreter.py CLOUDSDK_WARM=SOCKET gcloud ...

It hands what it was called with to the process that was started with

    PYTHON interpreter.py --serve SOCKET LIB

with PYTHON the Python of gcloud, and LIB the folder with gcloud.py. That process
forks, and the fork runs gcloud.py as it is, with the caller's arguments,
environment, folder and files. It ends when its caller does, and the process when
the one that started it does.
"""
import array
import gc
import json
import os
import signal
import socket
import sys
import threading


def call(path):
    """The caller: hands itself over, and ends with the status of the call."""
    conn = socket.socket(socket.AF_UNIX)
    conn.connect(path)
    request = json.dumps({"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}).encode()
    fds = array.array("i", [0, 1, 2])
    conn.sendmsg([len(request).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    conn.sendall(request)
    status = conn.recv(1)
    os._exit(status[0] if status else 1)


def receive(conn, size):
    data = b""
    while len(data) < size:
        part = conn.recv(size - len(data))
        if not part:
            os._exit(1)
        data += part
    return data


def run(conn, lib):
    """The fork: becomes the caller, and runs gcloud.py."""
    import runpy
    size, ancillary, _, _ = conn.recvmsg(4, socket.CMSG_SPACE(12))
    if len(size) < 4:
        os._exit(1)
    fds = array.array("i")
    fds.frombytes(ancillary[0][2][:12])
    for i, fd in enumerate(fds):
        os.dup2(fd, i)
        os.close(fd)
    request = json.loads(receive(conn, int.from_bytes(size, "big")))
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    script = os.path.join(lib, "gcloud.py")
    begin = next(i for i, word in enumerate(request["argv"]) if word.endswith("/gcloud.py"))
    sys.argv = [script, *request["argv"][begin + 1:]]

    def end_with_caller():
        conn.recv(1)
        os._exit(130)
    threading.Thread(target=end_with_caller, daemon=True).start()
    status = 1
    try:
        runpy.run_path(script, run_name="__main__")
        status = 0
    except SystemExit as e:
        status = e.code if isinstance(e.code, int) else 0 if e.code is None else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        conn.send(bytes([status & 255]))
        os._exit(status & 255)


def serve(path, lib):
    sys.path[:0] = [os.path.join(lib, "third_party"), lib]
    import googlecloudsdk.gcloud_main  # noqa: F401
    import googlecloudsdk.calliope.parser_completer  # noqa: F401
    import googlecloudsdk.command_lib.artifacts.docker_util  # noqa: F401
    import googlecloudsdk.command_lib.concepts.concept_managers  # noqa: F401
    import googlecloudsdk.command_lib.run.connection_context  # noqa: F401
    import googlecloudsdk.command_lib.run.flags  # noqa: F401
    import googlecloudsdk.command_lib.run.printers.export_printer  # noqa: F401
    import googlecloudsdk.command_lib.run.printers.service_printer  # noqa: F401
    import googlecloudsdk.command_lib.run.serverless_operations  # noqa: F401
    import googlecloudsdk.core.credentials.google_auth_credentials  # noqa: F401
    import googlecloudsdk.core.credentials.p12_service_account  # noqa: F401
    import googlecloudsdk.core.credentials.requests  # noqa: F401
    import googlecloudsdk.generated_clients.apis.run.v1.resources  # noqa: F401
    import googlecloudsdk.generated_clients.apis.run.v1.run_v1_client  # noqa: F401
    import googlecloudsdk.generated_clients.apis.secretmanager.v1.secretmanager_v1_client  # noqa: F401
    import proto  # noqa: F401
    gc.disable()  # a call is short, and what it shares with this process stays shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    listener.settimeout(1)
    parent = os.getppid()
    print("ready", flush=True)
    while os.getppid() == parent:
        try:
            conn, _ = listener.accept()
        except TimeoutError:
            continue
        conn.setblocking(True)
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            run(conn, lib)
        conn.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:4])
    else:
        call(os.environ["CLOUDSDK_WARM"])
