"""Who spoke is heard, at the moment when it was said, and the mix never has a gap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recorder.mixer import Mixer, Timed, Voice, limit
from recorder.opus import FRAME_SAMPLES, RATE_HZ, SILENCE, Decoder, Encoder, Samples

PACKET_NS = 20_000_000


def packets(samples: Samples) -> list[bytes]:
    encoder = Encoder()
    return [encoder.encode(piece) for piece in samples.reshape(-1, FRAME_SAMPLES)]


def tone(frequency_hz: float, seconds: float, loudness: float = 0.3) -> Samples:
    return (loudness * np.sin(2 * np.pi * frequency_hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def speak(voice: Voice, samples: Samples, at_ns: int, *, lost: tuple[int, ...] = (), jitter_ns: int = 0) -> None:
    for number, packet in enumerate(packets(samples)):
        if number not in lost:
            voice.add(Timed(at_ns + number * PACKET_NS + (jitter_ns if number % 2 else 0), number * FRAME_SAMPLES, packet))


def hear(mixed: list[bytes]) -> Samples:
    decoder = Decoder()
    return np.concatenate([decoder.decode(packet) for packet in mixed])


def mix(voices: list[Voice], seconds: float) -> list[bytes]:
    mixer = Mixer()
    out: list[bytes] = []
    while more := mixer.advance(voices, int(seconds * 1e9)):
        out += more
    return out


def loudness(samples: NDArray[np.float32], frequency_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples)) / len(samples) * 2
    return float(np.max(spectrum[np.abs(np.fft.rfftfreq(len(samples), 1 / RATE_HZ) - frequency_hz) < 2]))


def test_two_voices_are_both_heard_and_nothing_else() -> None:
    voices = [Voice(), Voice()]
    speak(voices[0], tone(440, 2), 0)
    speak(voices[1], tone(1000, 2), 0)
    heard = hear(mix(voices, 2))
    assert len(heard) == 2 * RATE_HZ
    assert abs(loudness(heard, 440) - 0.3) < 0.05
    assert abs(loudness(heard, 1000) - 0.3) < 0.05
    assert loudness(heard, 3000) < 0.003


def test_gaps_are_silence_and_the_voice_is_back_at_its_time() -> None:
    click = np.zeros(RATE_HZ, dtype=np.float32)
    click[RATE_HZ // 2 : RATE_HZ // 2 + 480] = tone(2000, 0.01, 0.8)
    voice = Voice()
    speak(voice, click, 1_000_000_000)
    heard = hear(mix([voice], 3))
    # one encoder's look-ahead was in the voice already; the mix adds none
    at = int(np.argmax(np.abs(heard) > 0.2))
    assert abs(at - (RATE_HZ + RATE_HZ // 2 + 312)) < 48
    assert np.abs(heard[: RATE_HZ - 1000]).max() < 0.001
    assert np.abs(heard[-RATE_HZ // 2 :]).max() < 0.001


def test_jitter_does_not_move_a_voice_and_a_lost_packet_does_not_shorten_it() -> None:
    steady, shaken = Voice(), Voice()
    speak(steady, tone(440, 1), 0)
    speak(shaken, tone(440, 1), 0, jitter_ns=9_000_000)
    assert np.allclose(hear(mix([steady], 0.9)), hear(mix([shaken], 0.9)), atol=1e-4)
    whole, holed = Voice(), Voice()
    speak(whole, tone(440, 1), 0)
    speak(holed, tone(440, 1), 0, lost=(10, 11))
    difference = hear(mix([whole], 0.9)) - hear(mix([holed], 0.9))
    assert np.abs(difference[30 * FRAME_SAMPLES :]).max() < 0.02


def test_stopped_rtp_clock_does_not_glue_two_sentences_together() -> None:
    voice = Voice()
    sound = packets(tone(440, 0.4))
    for number, packet in enumerate(sound):
        late_ns = 2_000_000_000 if number >= 10 else 0
        voice.add(Timed(number * PACKET_NS + late_ns, number * FRAME_SAMPLES, packet))
    heard = hear(mix([voice], 3))
    assert np.abs(heard[int(0.3 * RATE_HZ) : int(2.1 * RATE_HZ)]).max() < 0.01
    assert loudness(heard[int(2.25 * RATE_HZ) : int(2.35 * RATE_HZ)], 440) > 0.2


def test_empty_room_is_gapless_silence() -> None:
    mixed = mix([], 1.5)
    assert len(mixed) == 75
    assert np.abs(hear(mixed)).max() < 0.001


def test_silence_costs_nothing_and_the_word_after_it_is_whole() -> None:
    word = tone(440, 1)
    alone, after_silence = Voice(), Voice()
    speak(alone, word, 0)
    speak(after_silence, word, 3_000_000_000)
    packets_after = mix([after_silence], 5)
    assert packets_after[:149] == [SILENCE] * 149
    assert packets_after[-40:] == [SILENCE] * 40
    wanted, heard = hear(mix([alone], 1)), hear(packets_after)[3 * RATE_HZ : 4 * RATE_HZ]
    begin = slice(400, 4 * FRAME_SAMPLES)
    assert np.abs(wanted[begin] - heard[begin]).max() < 0.03


def test_end_of_a_word_is_not_cut_by_the_silence_behind_it() -> None:
    word = np.zeros(RATE_HZ, dtype=np.float32)
    word[: RATE_HZ // 2] = tone(440, 0.5)
    voice = Voice()
    speak(voice, word, 0)
    heard = hear(mix([voice], 2))
    end = RATE_HZ // 2 + 312
    assert np.abs(heard[end - 240 : end]).max() > 0.2
    assert np.abs(heard[end + 3 * FRAME_SAMPLES :]).max() < 0.002


def test_interrupted_mix_goes_on_where_it_stopped() -> None:
    mixer = Mixer(next_packet=40)
    assert mixer.advance([], 790_000_000) == []
    assert len(mixer.advance([], 1_000_000_000)) == 10
    assert mixer.next_packet == 50


def test_nobody_is_frightened_where_a_film_begins_or_goes_on_in_the_middle_of_a_word() -> None:
    """A decoder takes the loudness of a packet from those before it: an encoder that assumed others would bang."""
    for frequency_hz in range(300, 1500, 90):
        spoken = tone(frequency_hz, 0.8, 0.2)
        packets: list[bytes] = []
        for next_packet, until_ns in ((0, 400_000_000), (20, 800_000_000)):
            voice, mixer = Voice(), Mixer(next_packet)
            speak(voice, spoken, 0)
            packets += mixer.advance([voice], until_ns)
        assert len(packets) == 40
        assert np.abs(hear(packets)).max() < 0.25, frequency_hz


def test_rubbish_instead_of_opus_is_silence() -> None:
    decoder = Decoder()
    for rubbish in (b"", b"\xff", b"\xff\xff\xff", bytes(2000)):
        assert len(decoder.decode(rubbish)) in range(6000)
    assert len(decoder.decode(SILENCE)) == FRAME_SAMPLES


def test_many_loud_voices_do_not_overflow() -> None:
    assert np.abs(limit(np.array([0.5, -0.69, 3.0, -9.0], dtype=np.float32))).max() <= 1
    assert limit(np.array([0.5, -0.69], dtype=np.float32)).tolist() == [0.5, np.float32(-0.69)]
