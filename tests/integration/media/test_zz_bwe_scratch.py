from __future__ import annotations
import asyncio, time
from tests.integration.media.test_chromium import *
from tests.integration.media.test_chromium import stage, worker
from tests.network.proxy import udp_proxy, through
from tests.network.line import Conditions
import pytest
from server.media import bandwidth, publisher as pub
import server.media.downlink as dl

PEOPLE2 = {
    "anna": PersonPolicy(microphone=True, camera=True, camera_max_bps=1_500_000, camera_shown="large", hears=("ben",), sees=("ben",)),
    "ben": PersonPolicy(microphone=True, camera=True, camera_max_bps=250_000, hears=("anna",), sees=("anna",)),
}

@pytest.mark.timeout(200)
async def test_real(stage, worker, monkeypatch):
    made=[]; stats={"fb":0,"res":0,"dup":0,"int":[]}
    oi=bandwidth.Estimator.__init__
    def init(self,now): oi(self,now); made.append(self); self.log=[]
    monkeypatch.setattr(bandwidth.Estimator,"__init__",init)
    of=bandwidth.Estimator.on_feedback
    def fb(self,results,now,untold=0):
        t0=time.thread_time(); of(self,results,now,untold); dt=time.thread_time()-t0
        self.log.append((now,len(results),sum(r.arrived_us is None for r in results),self.estimate_bps,self._trend.queue_ms,dt,sum(r.probe_id>0 for r in results),self._wanted_bps))
    monkeypatch.setattr(bandwidth.Estimator,"on_feedback",fb)
    await stage.policy(2, PEOPLE2)
    import server.media.worker as w
    port = None
    anna = await stage.visitor("anna")
    await anna.send_offer("publish")
    sdp = await anna.page.eval("publishing.remoteDescription.sdp")
    import re
    port=int(re.search(r"a=candidate:\S+ \d+ udp \d+ 127.0.0.1 (\d+)",sdp).group(1))
    print([l for l in sdp.split("\r\n") if "transport" in l])
    async with udp_proxy(("127.0.0.1",port),seed=1) as proxy:
        ben = await stage.visitor("ben")
        await ben.page.eval("() => {"+through(proxy).rstrip(";")+"; return 1}")
        await ben.send_offer("publish")
        await asyncio.gather(anna.decoded(20), ben.decoded(20))
        proxy.degrade(down=Conditions(delay_ms=20))
        await asyncio.sleep(6)
        marks=[]
        async def phase(name,c,secs):
            proxy.degrade(down=c); marks.append((name,time.monotonic_ns()))
            b=await ben.stats(); await asyncio.sleep(secs); e=await ben.stats()
            print(name, "audio packets", _gain(b,e,"in-audio","packetsReceived"), "lost", _gain(b,e,"in-audio","packetsLost"), "frames", _gain(b,e,"in-video","framesDecoded"), "concealed", _gain(b,e,"in-audio","concealedSamples")/max(1,_gain(b,e,"in-audio","totalSamplesReceived")))
        from tests.integration.media.test_chromium import _gain
        await phase("150k",Conditions(rate_bps=150_000,queue_ms=250,delay_ms=20),25)
        await phase("wide",Conditions(delay_ms=20),20)
        await phase("300k",Conditions(rate_bps=300_000,queue_ms=250,delay_ms=20),15)
        sa=await anna.stats(); sb=await ben.stats()
        print("anna out", {k:sa["out-video"].get(k) for k in ("targetBitrate","frameWidth","framesPerSecond","qualityLimitationReason","bytesSent","rid")})
        print("ben in", {k:sb["in-video"].get(k) for k in ("frameWidth","framesPerSecond","freezeCount","packetsLost","nackCount","pliCount")})
    for e in made:
        print("ESTIMATOR", len(e.log), "feedbacks")
        if not e.log: continue
        t0=e.log[0][0]; last=0; ms=list(marks); acc=[0,0,0]
        for now,n,l,est,q,dt,p,wn in e.log:
            acc[0]+=n;acc[1]+=l;acc[2]+=p
            while ms and now>=ms[0][1]: print("   ----",ms.pop(0)[0])
            if now-last>700_000_000: print(f"   {(now-t0)/1e9:5.1f} n={acc[0]} lost={acc[1]} probe={acc[2]} est={est//1000} want={wn//1000} q={q:.0f} us={dt*1e6:.0f}"); last=now; acc=[0,0,0]
