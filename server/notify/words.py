"""The sentences of the mails. Each is whole without the fields that a notice may lack, and names nothing that was written or recorded.

Here they stand in English; server.languages has the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from server.session.beside import Translate


def _(text: str) -> str:
    """Marks a sentence for the catalogues."""
    return text


class Words(msgspec.Struct, frozen=True):
    """`{who}` is filled in; `link` says what its link does; `facts` are fields with the lines that they are shown in."""

    subject: str
    text: str
    link: str
    facts: Mapping[str, str] = {}


SOMEBODY: Final = _("Somebody")
ATTACHED: Final = _("A calendar file is attached.")
TITLE: Final = {"title": _("Lesson: {value}")}
DUE: Final = TITLE | {"due": _("Until: {value}")}
OFFERED: Final = TITLE | {"when": _("Offered: {value}")}
WHEN: Final = TITLE | {"when": _("When: {value}")}
WHY: Final = _("This message was written by Microteach at {site} because of something that concerns you there. Nobody reads answers to it.")
WHY_SIGN_IN: Final = _("If you did not ask for this at {site}, you need not do anything: without the link nothing happens.")

WORDS: Final[Mapping[str, Words]] = {
    "review_asked": Words(
        _("{who} asks for your view on a lesson"),
        _("{who} has recorded a short lesson and asks you to watch it and write what you notice. You need no account: the link is enough."),
        _("See what is asked, and say whether you can:"),
        DUE,
    ),
    "review_opened": Words(
        _("{who} has opened your recording"),
        _("{who}, whom you asked for a view on your lesson, has opened the recording."),
        _("Your recording:"),
        TITLE,
    ),
    "review_accepted": Words(
        _("{who} will look at your lesson"),
        _("{who} has said yes and will write to you about your lesson."),
        _("Your recording:"),
        DUE,
    ),
    "review_declined": Words(
        _("{who} cannot look at your lesson"),
        _("{who} has said that it is not possible this time, and may no longer watch the recording. You can ask somebody else."),
        _("Ask somebody else:"),
        TITLE,
    ),
    "review_offered": Words(
        _("{who} can look at your lesson on another day"),
        _("{who} has not enough time until the day you asked for, and offers another one."),
        _("Agree, or ask somebody else:"),
        OFFERED,
    ),
    "review_due": Words(
        _("{who} looks forward to your view on a lesson"),
        _("You said that you would look at a lesson of {who}. What you have written so far is kept."),
        _("Go on where you stopped:"),
        DUE,
    ),
    "review_sent": Words(
        _("{who} has written to you about your lesson"),
        _("{who} has watched your lesson and sent you what to look at. Only you can read it."),
        _("Read it beside your recording:"),
        TITLE,
    ),
    "review_ended": Words(
        _("The lesson of {who} needs no view any more"),
        _("{who} no longer asks for your view on this lesson. You need not do anything. Thank you."),
        _("What the page says:"),
        TITLE,
    ),
    "question_asked": Words(
        _("{who} has a question for you"),
        _("{who} has asked you a question about a lesson."),
        _("Read it and answer:"),
        TITLE,
    ),
    "question_answered": Words(
        _("{who} has answered you"),
        _("{who} has answered in a conversation about a lesson."),
        _("Read the answer:"),
        TITLE,
    ),
    "note_added": Words(
        _("{who} has left a note at your recording"),
        _("{who} has written a note at a moment of your lesson."),
        _("See it beside your recording:"),
        TITLE,
    ),
    "may_watch": Words(
        _("{who} lets you watch a recording"),
        _("{who} has recorded a short lesson and lets you watch it. This is for you alone; please do not pass it on."),
        _("Watch it:"),
        TITLE,
    ),
    "recording_ends": Words(
        _("A recording of yours will be deleted"),
        _("Recordings are kept here for a limited time. After this day a recording of yours is deleted for good, and nobody can watch it."),
        _("Watch it, or download the film, before then:"),
        DUE,
    ),
    "did_you_try": Words(
        _("Did you try it?"),
        _("After a lesson you chose one thing to try. This is the day on which you wanted to be asked about it. One tap is enough."),
        _("Say how it went:"),
    ),
    "sign_in": Words(
        _("Your link for Microteach"),
        _("You asked for this link. It works once, within 20 minutes."),
        _("Open it on the device that you want to use:"),
    ),
    "consultation_set": Words(
        _("{who} will talk with you about a lesson"),
        _("{who} would like to look at a lesson together with you and talk about it."),
        _("The door to the meeting:"),
        WHEN,
    ),
}


def sentences(kind: str, fields: Mapping[str, str], site: str, translate: Translate, *, attached: bool) -> tuple[str, list[str], str]:
    """Subject, paragraphs before the link, the one after it. `fields` are single lines."""
    words = WORDS[kind]
    who = fields.get("who") or translate(SOMEBODY)
    facts = [translate(line).format(value=fields[name]) for name, line in words.facts.items() if fields.get(name)]
    facts += [translate(ATTACHED)] if attached else []
    paragraphs = [translate(words.text).format(who=who), "\n".join(facts), translate(words.link)]
    why = translate(WHY_SIGN_IN if kind == "sign_in" else WHY).format(site=site)
    return translate(words.subject).format(who=who), [each for each in paragraphs if each], why
