#!/usr/bin/python3
"""What Paho's Python client does with the broker, one case a run.

  paho_client.py --list                                    the cases: name, versions, where
  paho_client.py CASE VERSION HOST PORT [ID USER TOKEN CA [ws|wss]] version 3, 4 or 5

Exit status 0, or a traceback. With credentials the topics lie below tomte/<ID>/
and ID is the only client id. Runs with Paho 1.6 (Debian 12) and 2.x (Debian 13).
"""
import os
import queue
import socket
import sys
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

DEADLINE_S = 60
LARGE_BYTES = 700000
CASES = []


class Run:
    """The command line."""
    name = version = host = port = id = user = token = ca = door = None
    serial = 0


def case(versions, where="open"):
    def add(function):
        CASES.append((function.__name__, versions, where, function))
        return function
    return add


def topic(leaf):
    if Run.id:
        return f"tomte/{Run.id}/python/{leaf}"
    return f"python/{Run.name}/{Run.version}/{os.getpid()}/{leaf}"


def properties(packet, **values):
    result = Properties(packet)
    for name, value in values.items():
        setattr(result, name, value)
    return result


class Client:
    """A client whose answers can be waited for."""

    def __init__(self, client_id=None, clean=True, will=None, connect=None, expiry=None, token=None, accept=True, reconnect=False):
        Run.serial += 1
        if client_id is None:
            client_id = Run.id or f"py{Run.version}{os.getpid()}x{Run.serial}"
        options = {"client_id": client_id, "protocol": Run.version, "reconnect_on_failure": reconnect}
        if Run.version != 5:
            options["clean_session"] = clean
        if Run.door:
            options["transport"] = "websockets"
        if hasattr(mqtt, "CallbackAPIVersion"):
            options["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION1
        self.c = mqtt.Client(**options)
        self.c.max_inflight_messages_set(500)
        self.messages, self.replies, self.ended = queue.Queue(), queue.Queue(), queue.Queue()
        self.c.on_message = lambda c, u, message: self.messages.put(message)
        self.c.on_subscribe = lambda c, u, mid, codes, props=None: self.replies.put((mid, codes))
        self.c.on_unsubscribe = lambda c, u, mid, *rest: self.replies.put((mid, rest))
        connected = queue.Queue()
        if Run.version == 5:
            self.c.on_connect = lambda c, u, flags, reason, props: connected.put((reason.value, flags, props))
            self.c.on_disconnect = lambda c, u, reason, props=None: self.ended.put(getattr(reason, "value", reason))
        else:
            self.c.on_connect = lambda c, u, flags, code: connected.put((code, flags, None))
            self.c.on_disconnect = lambda c, u, code: self.ended.put(code)
        if Run.user:
            self.c.username_pw_set(Run.user, token or Run.token)
        if Run.door:
            self.c.ws_set_options("/mqtt")
        if Run.ca and Run.door != "ws":
            self.c.tls_set(Run.ca)
        if will:
            self.c.will_set(**will)
        more = {}
        if Run.version == 5:
            values = dict(connect or {})
            if expiry is not None:
                values["SessionExpiryInterval"] = expiry
            more = {"clean_start": clean, "properties": properties(PacketTypes.CONNECT, **values)}
        self.c.connect(Run.host, Run.port, **more)
        self.c.loop_start()
        self.code, flags, self.connack = connected.get(timeout=DEADLINE_S)
        self.session_present = bool(flags["session present"])
        if accept:
            assert self.code == 0, f"CONNECT was refused with {self.code}"

    def subscribe(self, *args, **options):
        error, mid = self.c.subscribe(*args, **options)
        assert error == 0
        got, codes = self.replies.get(timeout=DEADLINE_S)
        assert got == mid
        return [getattr(code, "value", code) for code in codes]

    def unsubscribe(self, *args):
        error, mid = self.c.unsubscribe(*args)
        assert error == 0
        assert self.replies.get(timeout=DEADLINE_S)[0] == mid

    def publish(self, name, payload, qos=1, retain=False, wait=True, **values):
        more = {"properties": properties(PacketTypes.PUBLISH, **values)} if values else {}
        info = self.c.publish(name, payload, qos, retain, **more)
        assert info.rc == 0, info.rc
        if wait:
            info.wait_for_publish(DEADLINE_S)
            assert info.is_published()
        return info

    def next(self):
        return self.messages.get(timeout=DEADLINE_S)

    def expect(self, name, payload, qos, retain):
        m = self.next()
        came = (m.topic, m.payload.decode(), m.qos, bool(m.retain))
        assert came == (name, payload, qos, retain), f"came {came}, expected {(name, payload, qos, retain)}"

    def leave(self, **more):
        self.c.disconnect(**more)
        self.ended.get(timeout=DEADLINE_S)
        self.c.loop_stop()

    def cut(self):
        """Ends as a dead network does: no DISCONNECT."""
        sock = self.c.socket()
        if Run.door:
            sock = sock._socket  # of the library's WebSocket wrapper
        sock.shutdown(socket.SHUT_RDWR)
        self.ended.get(timeout=DEADLINE_S)
        self.c.loop_stop()


@case("345")
def qos():
    subs, pub = [Client() for _ in range(3)], Client()
    for q, sub in enumerate(subs):
        assert sub.subscribe(topic("+"), q) == [q]
    for q in range(3):
        pub.publish(topic(q), f"at {q}", q)
    for most, sub in enumerate(subs):
        for q in range(3):
            sub.expect(topic(q), f"at {q}", min(q, most), False)
        sub.leave()
    pub.leave()


@case("345")
def many():
    sub, pub = Client(), Client()
    sub.subscribe(topic("many"), 2)
    infos = [pub.publish(topic("many"), str(i), 2, wait=False) for i in range(1000)]
    for info in infos:
        info.wait_for_publish(DEADLINE_S)
    pub.publish(topic("many"), "the end", 2)
    for i in range(1000):
        sub.expect(topic("many"), str(i), 2, False)
    sub.expect(topic("many"), "the end", 2, False)
    sub.leave()
    pub.leave()


@case("345")
def retained():
    pub = Client()
    pub.publish(topic("kept"), "one", 1, True)
    pub.publish(topic("kept"), "two", 2, True)
    sub = Client()
    sub.subscribe(topic("#"), 2)
    sub.expect(topic("kept"), "two", 2, True)
    pub.publish(topic("kept"), None, 1, True)
    sub.expect(topic("kept"), "", 1, False)
    late = Client()
    late.subscribe(topic("#"), 2)
    pub.publish(topic("kept"), "now", 1)
    late.expect(topic("kept"), "now", 1, False)
    for client in (pub, sub, late):
        client.leave()


@case("345")
def will():
    watcher = Client()
    watcher.subscribe(topic("+"), 2)
    Client(will={"topic": topic("polite"), "payload": "never sent", "qos": 2}).leave()
    Client(will={"topic": topic("lost"), "payload": "gone", "qos": 2, "retain": True}).cut()
    watcher.expect(topic("lost"), "gone", 2, False)
    late = Client()
    late.subscribe(topic("+"), 1)
    late.expect(topic("lost"), "gone", 1, True)
    late.leave()
    watcher.leave()


@case("345")
def session():
    name = f"py{Run.version}{os.getpid()}sleep"
    first, pub = Client(name, clean=False, expiry=600), Client()
    assert not first.session_present
    first.subscribe(topic("away"), 2)
    first.cut()
    for i in range(100):
        pub.publish(topic("away"), str(i), 2, wait=i % 10 == 9)
    back = Client(name, clean=False, expiry=600)
    assert back.session_present == (Run.version != 3)  # MQTT 3.1 has no such flag
    for i in range(100):
        back.expect(topic("away"), str(i), 2, False)
    back.leave()
    clean = Client(name)
    assert not clean.session_present
    clean.leave()
    pub.leave()


@case("345")
def unsubscribe():
    client = Client()
    option = SubscribeOptions if Run.version == 5 else int
    assert client.subscribe([(topic("a"), option(1)), (topic("b"), option(2))]) == [1, 2]
    client.unsubscribe([topic("a"), topic("c")])
    client.publish(topic("a"), "a")
    client.publish(topic("b"), "b")
    client.expect(topic("b"), "b", 1, False)
    client.leave()


@case("345")
def large():
    client, payload = Client(), os.urandom(LARGE_BYTES)
    client.subscribe(topic("large"), 2)
    client.publish(topic("large"), payload, 2, True)
    assert client.next().payload == payload
    client.subscribe(topic("#"), 1)
    again = client.next()
    assert again.payload == payload and again.retain
    client.leave()


@case("345")
def takeover():
    name = f"py{Run.version}{os.getpid()}twin"
    first = Client(name)
    second = Client(name)
    reason = first.ended.get(timeout=DEADLINE_S)
    assert Run.version != 5 or reason in (0x8e, 7), reason  # Paho 1.6 sees a reason only with properties behind it; 7: lost
    first.c.loop_stop()
    second.leave()


@case("345")
def home_assistant():
    """As Home Assistant does: all of a discovery tree is retained; it subscribes with wildcards, and again when its birth is told."""
    devices = 200
    board = Client()
    for i in range(devices):
        board.publish(topic(f"homeassistant/sensor/d{i}/config"), f'{{"name": "sensor {i}"}}', 1, True, wait=i == devices - 1)
    board.subscribe(topic("homeassistant/status"), 1)
    home = Client(will={"topic": topic("homeassistant/status"), "payload": "offline", "qos": 1, "retain": True})
    wildcards = [topic("homeassistant/+/+/config"), topic("homeassistant/+/+/+/config"), topic("homeassistant/#")]
    home.subscribe(wildcards[0], 0)
    came = {}
    for _ in range(devices):
        message = home.next()
        assert message.retain and message.qos == 0
        came[message.topic] = message.payload
    assert len(came) == devices
    home.subscribe(wildcards[1], 0)  # no such topic: nothing comes
    home.publish(topic("homeassistant/status"), "online", 1, True)
    board.expect(topic("homeassistant/status"), "online", 1, False)
    board.publish(topic("homeassistant/sensor/d0/config"), "", 1, True)  # a device is removed
    home.expect(topic("homeassistant/sensor/d0/config"), "", 0, False)
    home.cut()
    board.expect(topic("homeassistant/status"), "offline", 1, False)
    again = Client()
    again.subscribe(wildcards[2], 0)
    names = {again.next().topic for _ in range(devices)}  # the others and the status
    assert topic("homeassistant/sensor/d0/config") not in names and len(names) == devices
    again.leave()
    board.leave()


PAIRS = [("b", "2"), ("a", "1"), ("b", "2"), ("a", ""), ("ä", "ö")]
VALUES = {"PayloadFormatIndicator": 1, "MessageExpiryInterval": 3600, "ContentType": "text/plain", "ResponseTopic": "answer/to",
          "CorrelationData": b"\0\xff", "UserProperty": PAIRS}


def check_values(props):
    got = {name: getattr(props, name) for name in VALUES}
    assert 0 < got["MessageExpiryInterval"] <= 3600
    got["MessageExpiryInterval"] = 3600
    assert got == VALUES, got


@case("5")
def message_properties():
    client = Client()
    client.subscribe(topic("x"), options=SubscribeOptions(2), properties=properties(PacketTypes.SUBSCRIBE, SubscriptionIdentifier=268435455))
    client.publish(topic("x"), "grüß", 2, True, **VALUES)
    for retain in (False, True):
        message = client.next()
        assert bool(message.retain) == retain
        check_values(message.properties)
        assert message.properties.SubscriptionIdentifier == [7 if retain else 268435455]
        if not retain:
            client.subscribe(topic("x"), options=SubscribeOptions(2), properties=properties(PacketTypes.SUBSCRIBE, SubscriptionIdentifier=7))
    client.leave()


@case("5")
def will_properties():
    watcher = Client()
    watcher.subscribe(topic("will"), 1)
    declared = {"topic": topic("will"), "payload": "gone", "qos": 1, "properties": properties(PacketTypes.WILLMESSAGE, **VALUES)}
    Client(will=declared).cut()
    check_values(watcher.next().properties)
    Client(will=declared).leave(reasoncode=mqtt.ReasonCodes(PacketTypes.DISCONNECT, "Disconnect with will message"))
    check_values(watcher.next().properties)
    watcher.leave()


@case("5")
def request():
    asker, worker = Client(), Client()
    worker.subscribe(topic("ask"), 1)
    asker.subscribe(topic("answer"), 1)
    for n in range(5):
        asker.publish(topic("ask"), f"question {n}", 1, ResponseTopic=topic("answer"), CorrelationData=bytes([n]))
        question = worker.next()
        worker.publish(question.properties.ResponseTopic, "answer", 1, CorrelationData=question.properties.CorrelationData)
        assert asker.next().properties.CorrelationData == bytes([n])
    asker.leave()
    worker.leave()


@case("5")
def subscribe_options():
    one, two = Client(), Client()
    two.publish(topic("old"), "old", 1, True)
    one.subscribe(topic("+"), options=SubscribeOptions(1, noLocal=True, retainAsPublished=True, retainHandling=2))
    one.publish(topic("own"), "own")
    two.publish(topic("kept"), "kept", 1, True)
    one.expect(topic("kept"), "kept", 1, True)
    one.leave()
    two.leave()


@case("5")
def topic_alias():
    sub, pub = Client(), Client()
    sub.subscribe(topic("+"), 1)
    assert pub.connack.TopicAliasMaximum > 0
    for i in range(6):
        pub.publish(topic(i % 2) if i < 2 else "", str(i), 1, TopicAlias=1 + i % 2)
    for i in range(6):
        sub.expect(topic(i % 2), str(i), 1, False)
    sub.leave()
    pub.leave()


@case("5")
def expiry():
    name = f"py{os.getpid()}late"
    sub, pub = Client(name, clean=False, expiry=600), Client()
    sub.subscribe(topic("+"), 1)
    sub.cut()
    pub.publish(topic("short"), "short", 1, True, MessageExpiryInterval=1)
    pub.publish(topic("long"), "long", 1, True, MessageExpiryInterval=100)
    time.sleep(2.1)  # the second must pass; longer does no harm
    back = Client(name, clean=False, expiry=600)
    message = back.next()
    assert message.payload == b"long" and message.properties.MessageExpiryInterval <= 98
    late = Client()
    late.subscribe(topic("+"), 1)
    message = late.next()
    assert message.payload == b"long" and message.properties.MessageExpiryInterval <= 98 and message.retain
    for client in (back, late, pub):
        client.leave()


@case("5")
def session_expiry():
    name = f"py{os.getpid()}short"
    Client(name, clean=False, expiry=1).leave()
    time.sleep(2.1)  # as above
    client = Client(name, clean=False, expiry=600)
    assert not client.session_present
    client.leave(properties=properties(PacketTypes.DISCONNECT, SessionExpiryInterval=0))  # changes its mind: nothing is to stay
    client = Client(name, clean=False, expiry=600)
    assert not client.session_present
    client.leave()


@case("5")
def assigned_id():
    client = Client("")
    assert len(client.connack.AssignedClientIdentifier) > 8
    client.leave()


@case("5")
def receive_maximum():
    sub, pub = Client(connect={"ReceiveMaximum": 1}), Client()
    sub.subscribe(topic("x"), 2)
    infos = [pub.publish(topic("x"), str(i), 2, wait=False) for i in range(100)]
    for info in infos:
        info.wait_for_publish(DEADLINE_S)
    for i in range(100):
        sub.expect(topic("x"), str(i), 2, False)
    sub.leave()
    pub.leave()


@case("345", "hub")
def device():
    declared = {"topic": topic("will"), "payload": "gone", "qos": 1}
    first = Client(clean=False, expiry=600, will=declared)
    assert first.subscribe(topic("#"), 2) == [2]
    first.cut()
    client = Client(clean=False, expiry=600)
    client.expect(topic("will"), "gone", 1, False)
    refused = client.subscribe("tomte/other/#", 1)
    assert refused == [0x87 if Run.version == 5 else 0x80], refused
    client.publish("tomte/other/x", "x", 2)  # refused or acknowledged, never delivered; and the client stays
    client.publish(topic("x"), "hello", 2, True)
    client.expect(topic("x"), "hello", 2, False)
    client.publish(topic("x"), "", 2, True)
    client.expect(topic("x"), "", 2, False)
    client.leave()
    Client().leave()


@case("45", "hub")
def wrong_credentials():
    wrong = Client(token="0" * 64, accept=False)
    assert wrong.code in ((0x86, 0x87) if Run.version == 5 else (4, 5)), wrong.code
    foreign = Client("someone-else", accept=False)
    assert foreign.code == (0x85 if Run.version == 5 else 2), foreign.code


def main(args):
    if args == ["--list"]:
        for name, versions, where, _ in CASES:
            print(name, versions, where)
        return 0
    Run.name, Run.version, Run.host, Run.port = args[0], int(args[1]), args[2], int(args[3])
    if len(args) > 4:
        Run.id, Run.user, Run.token, Run.ca = args[4:8]
        Run.door = args[8] if len(args) > 8 else None
    for name, _, where, function in CASES:
        if name == Run.name and where == ("hub" if Run.id else "open"):
            function()
            return 0
    print(f"no case {Run.name} here", file=sys.stderr)
    return 2


def watched(args):
    """What goes wrong on the library's thread ends the run too."""
    threading.excepthook = lambda info: (sys.excepthook(*info[:3]), os._exit(1))
    try:
        status = main(args)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    sys.stdout.flush()
    os._exit(status)  # without waiting for the library's threads


if __name__ == "__main__":
    watched(sys.argv[1:])
