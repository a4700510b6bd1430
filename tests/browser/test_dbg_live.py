import asyncio
import pytest
from tests.browser.people import human
from tests.browser.live import teach_alone, VIDEO_JS
from tests.fakes.product import running_product
@pytest.mark.timeout(180)
async def test_dbg(tmp_path, screenshots):
    async with running_product(tmp_path) as product, human("Maria", source=1) as maria:
        take = await teach_alone(maria, product)
        page = await maria.browser.page()
        await page.set_viewport(390, 844, mobile=True)
        await page.goto(f"{product.url}/recordings/{take}")
        await page.wait_for(f"{VIDEO_JS}?.readyState >= 2")
        await page.eval(f"(() => {{ for (const t of ['play','pause','seeking','seeked','waiting','playing','emptied']) {VIDEO_JS}.addEventListener(t, () => console.log(t, {VIDEO_JS}.currentTime)); }})()")
        await page.eval(f"{VIDEO_JS}.play()", gesture=True)
        await page.wait_for(f"{VIDEO_JS}.currentTime > 5")
        src = await page.eval(f"{VIDEO_JS}.src")
        await page.eval("document.getElementById('film').dispatchEvent(new CustomEvent('film-lost', {bubbles: true}))")
        await page.wait_for(f"{VIDEO_JS}.src !== {src!r} && {VIDEO_JS}.readyState >= 3 && !{VIDEO_JS}.paused && {VIDEO_JS}.currentTime > 6")
        print("restarted"); print(*page.console, sep="\n"); n=len(page.console)
        await page.eval(f"{VIDEO_JS}.currentTime -= 3.2")
        for _ in range(4):
            await asyncio.sleep(.7)
            print(await page.eval(f"[{VIDEO_JS}.paused, {VIDEO_JS}.currentTime, {VIDEO_JS}.buffered.start(0), {VIDEO_JS}.readyState]"))
        print(*page.console[n:], sep="\n")
