"""A teacher alone shares her screen; afterwards both films run together, and a press chooses which of them is large."""

from pathlib import Path

from tests.browser.people import WATCH_JS, Human, human
from tests.browser.steps import lesson_runs, no_loud_problems
from tests.fakes.product import Product, running_product

TOGETHER_S = 0.15

# The browser asks which window to share; without anybody to answer, a drawing that changes stands for it.
SHARED_WINDOW_JS = """navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const paint = canvas.getContext("2d");
    setInterval(() => { paint.fillStyle = `hsl(${performance.now() / 20} 80% 50%)`; paint.fillRect(0, 0, 640, 360); }, 66);
    return canvas.captureStream(15);
};"""
APART_JS = """(() => { const [face, screen] = ["film-video", "film-screen"].map((id) => document.getElementById(id));
    return face.currentTime > 1 && screen.currentTime > 1 && Math.abs(face.currentTime - screen.currentTime); })()"""
SIZES_JS = """["film-video", "film-screen"].map((id) => document.getElementById(id)).map(
    (video) => [video.dataset.size, video.muted, video.clientWidth])"""
BOTH_PLAY_JS = "!document.getElementById('film-video').paused && !document.getElementById('film-screen').paused"


async def test_the_shared_screen_is_watched_beside_the_face(tmp_path: Path, screenshots: Path) -> None:
    async with running_product(tmp_path) as product, human("Maria", source=1) as maria:
        await _teach_with_a_screen(maria, product)
        await _watch(maria)
        await maria.page.screenshot(screenshots / "recording-with-screen.png")
        no_loud_problems(maria)


async def _teach_with_a_screen(maria: Human, product: Product) -> None:
    page = maria.page
    await page.preload(WATCH_JS)
    await page.preload(SHARED_WINDOW_JS)
    await page.goto(product.url)
    await page.click("#practise")
    await page.wait_for("document.getElementById('device-state')?.innerText", what="the check of camera and microphone")
    await page.fill("#name", "Maria")
    await page.click("#recording-record")
    await page.click("#come-in")
    await page.wait_for("!!window.lastView", what="the room", timeout_s=20)
    await page.click("#action-advance")
    await lesson_runs(maria, [maria])
    await page.click("#share-screen")
    await page.wait_for("window.lastView.screen === window.lastView.you.seat", what="the screen being shown")
    await page.wait_for("window.lastView.now_ms + 12000 < window.microteach.clock.now()", what="some seconds of it", timeout_s=20)
    await page.click("#action-advance")


async def _watch(maria: Human) -> None:
    page = maria.page
    link = await page.wait_for("document.querySelector('#takes a')?.href", what="the link to the recording", timeout_s=30)
    await page.goto(link)
    await page.wait_for("document.getElementById('film-screen')?.readyState >= 1", what="the film of the screen", timeout_s=30)
    await page.eval("document.getElementById('film-video').play()", gesture=True)
    await page.wait_for(f"{APART_JS} < {TOGETHER_S}", what="both films playing together", timeout_s=20)
    face, screen = await page.eval(SIZES_JS)
    assert (face[:2], screen[:2]) == (["large", False], ["small", True])
    assert face[2] > 2 * screen[2]
    await page.click(name="Show the screen larger", role="button")
    await page.wait_for(f"{APART_JS} < {TOGETHER_S}", what="both films still playing together", timeout_s=20)
    face, screen = await page.eval(SIZES_JS)
    assert (face[:2], screen[:2]) == (["small", True], ["large", False])
    await page.wait_for(BOTH_PLAY_JS, what="both films playing")
    await page.eval("document.getElementById('film-screen').pause()")
    await page.eval("document.getElementById('film-screen').currentTime = 2")
    js = "((face) => face.paused && Math.abs(face.currentTime - 2) < 0.15)(document.getElementById('film-video'))"
    await page.wait_for(js, what="the small film standing at the same place")
