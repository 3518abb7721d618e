"""Rows in which a call of the API fails, or the deploy is killed or cancelled at
it."""
import re
import subprocess
import time

from standing import Wrong, image

FEW = {"SMOKE_CALLS": "5", "MIN_CALLS": "5"}  # where the comparison is not what is tried
# The states of a deploy after none of its changes, one, and so on, as the head
# of cloudrun.sh lists them. The first change makes the revision.
STATES = ["1=100", "1=100", "1=100 candidate:2", "1=90 2=10 candidate:2", "2=100 candidate:2 previous:1", "2=100 previous:1"]


def fault_row(index, call, kind, full):
    """The same deploy, in which one call of the API fails."""
    def row(s):
        s.cloud.fault = (index, kind)
        status = s.deploy("2", **FEW)
        s.cloud.fault = None
        outcome = judge(s, status)
        # After a success all is as after a deploy in which nothing failed.
        if outcome != "succeeds" or full and kind == "no answer":
            following_works(s)
        return outcome
    row.__doc__ = f"call {index + 1}, {call}: {kind}"
    return row


def judge(s, status):
    """What may have come of a deploy in which something failed."""
    s.sound()
    if status == 0 and s.traffic() == "2=100 previous:1":
        return "succeeds"
    if status == 1 and s.traffic() in ("1=100", "1=100 previous:1"):
        return "goes back"
    typed = re.search("^  (gcloud .*)$", s.last, re.M)
    if status == 4 and "CAN'T TELL" in s.last and typed:
        subprocess.run(typed[1].split(), env=s.env, check=True, capture_output=True)
        if not re.fullmatch("[12]=100( previous:1)?", s.traffic()):
            raise Wrong(f"what it says to type leads to {s.traffic()}")
        return "can't tell"
    raise Wrong(f"status {status} and traffic {s.traffic()}")


def following_works(s):
    """The next deploy and rollback work after any state."""
    stable = s.traffic().split("=", maxsplit=1)[0]
    time.sleep(1)
    s.expect(s.deploy("3", LEASE_SECONDS="1", **FEW), 0, f"3=100 previous:{stable}")
    s.expect(s.run("rollback"), 0, f"{stable}=100 previous:{stable}")


def left(s):
    """Who has the traffic after a kill. It has to be the state that cloudrun.sh
    documents after the changes that were made until then, that of the killed
    call included: the stand-in carries it out."""
    held, made = s.traffic(), len(s.service.writes)
    if held != STATES[made]:
        raise Wrong(f"after {made} changes it left \"{held}\" and not \"{STATES[made]}\"")
    return held


def killed_row(index, call):
    def row(s):
        if s.kill_at(index, "2") == 0:
            raise Wrong("it was not killed")
        held = left(s)
        before = "2" if held == STATES[-1] else "1"
        s.expect(s.deploy("3", LEASE_SECONDS="1", **FEW), 0, f"3=100 previous:{before}")
        s.expect(s.run("rollback"), 0, f"{before}=100 previous:{before}")
        return f"left {held}"
    row.__doc__ = f"killed at call {index + 1}, {call}"
    return row


def killed_rollback_row(index, call):
    def row(s):
        s.kill_at(index, "2")
        held = left(s)
        if "candidate" in held:
            s.expect(s.run("rollback"), 0, "1=100 previous:1" if "previous" in held else "1=100")
        s.expect(s.deploy("3"), 0, "3=100 previous:2" if held == STATES[-1] else "3=100 previous:1")
        return f"left {held}"
    row.__doc__ = f"killed at call {index + 1}, {call}, then rollback"
    return row


def killed_late_row(index, call, script):
    """The next script has read the service when the killed call changes it."""
    def row(s):
        land = s.kill_late(index, "2")
        if script == "deploy":
            status = s.deploy("3", LEASE_SECONDS="1", **FEW)
            held = STATES[land()]
            s.expect(status, 0, "3=100 previous:2" if held == STATES[-1] else "3=100 previous:1")
            return f"left {held}"
        seen, status = s.traffic(), s.run("rollback")
        held = STATES[land()]
        if "candidate" in seen:  # rollback leads back from what it saw
            s.expect(status, 0, "1=100 previous:1" if "previous" in held else "1=100")
        else:  # without a candidate it changes nothing, and the call comes after it
            s.expect(status, 1, held, "no revision before this one")
            if "candidate" in held:
                s.expect(s.run("rollback"), 0, "1=100")
        following_works(s)
        return f"left {held}"
    row.__doc__ = f"killed at call {index + 1}, {call}, carried out during {script}"
    return row


def cancelled_row(index, call, full):
    def row(s):
        s.cancel_at(index, "2")
        s.expect(s.run("deploy", "--undo", image("2")), 0, s.traffic())
        if s.traffic() not in ("1=100", "1=100 previous:1", "2=100 previous:1"):
            raise Wrong(f"traffic is {s.traffic()}")
        if full:
            following_works(s)
    row.__doc__ = f"cancelled at call {index + 1}, {call}"
    return row
