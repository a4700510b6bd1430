"""Who leads reads what to say beside what everybody in the same part reads, and nobody else does."""

from tests.fakes.played_session import PlayedSession


def test_the_sentence_of_the_one_who_leads_takes_nobodys_own_away() -> None:
    played = PlayedSession()
    before, closing = played.state.plan.before.say, played.state.plan.closing.say
    [lead] = [seat for seat, own in played.state.seats.items() if own.leads]
    assert played.view(lead).phase.say_lead == before.facilitator != ""
    assert all(played.view(seat).phase.say_lead == "" for seat in played.state.seats if seat != lead)
    played.begin_lesson()
    played.go_to("writing")
    writing = played.view(lead).phase
    assert (writing.say, writing.say_lead) == (next(each for each in played.state.plan.round if each.key == "writing").say.colleague, "")
    played.go_to("closing")
    assert played.view(lead).phase.say_lead == closing.facilitator != ""
