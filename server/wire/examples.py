"""One literal example of each message, for docs/protocol.md and for tests."""

from __future__ import annotations

from server.wire import messages as wire

_PHASE = wire.Phase(
    part="round",
    round=0,
    key="lesson",
    title="Lesson",
    status="running",
    decision=2,
    seconds=480,
    started_ms=1_774_000_000_000,
    ends_ms=1_774_000_480_000,
    warn_s=(60,),
    say="You are a learner now.",
)
_VIEW = wire.View(
    session="n3Zc0bZ4",
    title="Fractions",
    plan_title="20-minute round",
    now_ms=1_774_000_252_000,
    you=wire.You(seat="s2", role="colleague", leads=False, recording="leave_out", may=("tap", "untap"), ready=False),
    people=(
        wire.Person(seat="s1", name="Maria", here=True, leads=False, teaches=0),
        wire.Person(seat="s2", name="Ben", here=True, leads=False, teaches=None),
    ),
    phase=_PHASE,
    teacher="s1",
    steps=(wire.Step(part="round", round=0, title="Silent writing", teacher="s1", begins_ms=1_774_000_500_000, seconds=180),),
    stage=("s1",),
    floor=wire.Floor(mode="open", speakers=("s1", "s2"), turn=None, turn_ends_ms=None, next=()),
    recording=wire.Recording(on=True, teacher="s1", started_ms=1_774_000_000_000, left_out=0),
    marks=(wire.Choice(key="helped", label="That helped me"),),
    form=None,
    mine=None,
    received=(),
    ready=(),
    ready_count=0,
    expected=0,
    takes=(),
)
_SDP = "v=0\r\n"

FROM_PAGE: tuple[wire.FromPage, ...] = (
    wire.Hello(protocol=1),
    wire.Ping(sent_ms=81234.5),
    wire.Advance(ref=1, decision=0),
    wire.StartLesson(ref=2, decision=1),
    wire.EndTurn(ref=3, decision=5),
    wire.Tap(ref=4, moment="m-7f3a", mark="helped", at_ms=1_774_000_252_000),
    wire.Untap(ref=5, moment="m-7f3a"),
    wire.Write(ref=6, form="one-thing", round=0, field="suggestion", text="You could wait three seconds."),
    wire.Ready(ref=7, decision=3, ready=True),
    wire.ChooseRecording(ref=8, choice="leave_out"),
    wire.StartMedia(session="p-91c2"),
    wire.Publish(session="p-91c2", offer=1, sdp=_SDP),
    wire.Subscribed(session="p-91c2", offer=1, sdp=_SDP),
)

TO_PAGE: tuple[wire.ToPage, ...] = (
    wire.Welcome(protocol=1, now_ms=1_774_000_252_000, view=_VIEW),
    wire.Changed(view=_VIEW),
    wire.Pong(sent_ms=81234.5, now_ms=1_774_000_252_000),
    wire.Accepted(ref=4),
    wire.Error(ref=1, code="stale_decision", message="The session has already moved on."),
    wire.Published(session="p-91c2", offer=1, sdp=_SDP),
    wire.Subscribe(session="p-91c2", offer=1, sdp=_SDP, streams=(wire.Stream(mid="0", seat="s1", source="camera"),)),
    wire.MediaLost(session="p-91c2", reason="worker_restarted"),
    wire.Leaving(reason="replaced"),
)
