"""One literal example of each message, for docs/protocol.md and for tests."""

from __future__ import annotations

from server.wire import messages as wire
from server.wire import pieces

_PHASE = pieces.Phase(
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
_VIEW = pieces.View(
    session="n3Zc0bZ4",
    title="Fractions",
    plan_title="20-minute round",
    now_ms=1_774_000_252_000,
    you=pieces.You(seat="s2", role="colleague", leads=False, recording="leave_out", may=("tap", "untap"), ready=False),
    people=(
        pieces.Person(seat="s1", name="Maria", here=True, leads=False, teaches=0),
        pieces.Person(seat="s2", name="Ben", here=True, leads=False, teaches=None),
    ),
    phase=_PHASE,
    teacher="s1",
    steps=(pieces.Step(part="round", round=0, title="Silent writing", teacher="s1", begins_ms=1_774_000_500_000, seconds=180),),
    stage=("s1",),
    floor=pieces.Floor(mode="open", speakers=("s1", "s2"), turn=None, turn_ends_ms=None, next=()),
    recording=pieces.Recording(on=True, teacher="s1", started_ms=1_774_000_000_000, left_out=0),
    marks=(pieces.Choice(key="helped", label="That helped me"),),
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
    wire.RaiseHand(ref=9, raised=True),
    wire.LowerHand(ref=10, seat="s2"),
    wire.Chat(ref=11, message="c-11aa", text="Is a quarter more than a third?"),
    wire.ShowCard(ref=12, card="two_minutes"),
    wire.AddTime(ref=13, decision=2, seconds=60),
    wire.Hold(ref=14, decision=2),
    wire.Resume(ref=15, decision=2),
    wire.TakeBack(ref=16, decision=2),
    wire.Back(ref=17, decision=3),
    wire.PassTurn(ref=18, decision=5),
    wire.AddTurn(ref=19, decision=5, seat="s3"),
    wire.SetOrder(ref=20, order=("s2", "s1")),
    wire.TeachLater(ref=21, decision=1),
    wire.GoWithout(ref=22, decision=1),
    wire.RestartLesson(ref=23, decision=2),
    wire.HandOver(ref=24, seat="s2"),
    wire.TakeLead(ref=25),
    wire.Keep(ref=26, round=0, author="s2", kept=True),
    wire.SetDevices(ref=27, microphone="shared", camera=True, shares="s3"),
    wire.ShareScreen(ref=28, on=True),
    wire.ShowSlide(ref=29, deck="d-5e21", page=3),
    wire.PlanNext(ref=30, starts_ms=1_774_600_000_000, minutes=40, teachers=("s1",)),
    wire.DecideTake(ref=31, take="t-77b0", keep=False),
    wire.AnswerClaim(ref=32, claim="k-0c4f", yes=True),
    wire.AnswerSharing(ref=33, seat="s3", yes=True),
    wire.StartMedia(session="p-91c2"),
    wire.Publish(session="p-91c2", offer=1, sdp=_SDP, sources={"2": "screen"}),
    wire.Subscribed(session="p-91c2", offer=1, sdp=_SDP),
)

TO_PAGE: tuple[wire.ToPage, ...] = (
    wire.Welcome(protocol=1, now_ms=1_774_000_252_000, view=_VIEW),
    wire.Changed(view=_VIEW),
    wire.Pong(sent_ms=81234.5, now_ms=1_774_000_252_000),
    wire.Accepted(ref=4),
    wire.Error(ref=1, code="stale_decision", message="The session has already moved on."),
    wire.Published(session="p-91c2", offer=1, sdp=_SDP),
    wire.Subscribe(session="p-91c2", offer=1, sdp=_SDP, streams=(pieces.Stream(mid="0", seat="s1", source="camera"),)),
    wire.MediaLost(session="p-91c2", reason="worker_restarted"),
    wire.Leaving(reason="replaced"),
)
