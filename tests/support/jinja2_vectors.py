#!/usr/bin/env python3
"""Computes what Jinja2 itself makes of the templates that the hub's compiler is tested with: templates as devices and
bridges write them in Home Assistant's MQTT discovery, and small expressions made at random. The environment is set up
as Home Assistant's helpers/template does it; of its own filters and functions those are here that the hub knows too.
Needs Jinja2 3.1 (python3-jinja2).

    tests/support/jinja2_vectors.py > tests/unit/hub/device/template_vectors.h
"""
import json
import math
import random
import warnings

import jinja2
import jinja2.filters
from jinja2.sandbox import ImmutableSandboxedEnvironment

warnings.simplefilter("ignore")  # constant expressions that make no sense
NO_DEFAULT = object()
undefined_used = False


class LoggingUndefined(jinja2.Undefined):
    """What is not there; using it is noted."""

    def note(self):
        global undefined_used
        undefined_used = True

    def __str__(self):
        self.note()
        return super().__str__()

    def __iter__(self):
        self.note()
        return super().__iter__()

    def __bool__(self):
        self.note()
        return super().__bool__()


def fall_back(default, value):
    if default is NO_DEFAULT:
        raise ValueError(f"invalid input {value!r} and no default")
    return default


def to_float(value, default=NO_DEFAULT):
    try:
        return float(value)
    except (ValueError, TypeError):
        return fall_back(default, value)


def to_int(value, default=NO_DEFAULT, base=10):
    result = jinja2.filters.do_int(value, default=NO_DEFAULT, base=base)
    return fall_back(default, value) if result is NO_DEFAULT else result


def to_round(value, precision=0, method="common", default=NO_DEFAULT):
    try:
        multiplier = float(10**precision)
        if method == "ceil":
            value = math.ceil(float(value) * multiplier) / multiplier
        elif method == "floor":
            value = math.floor(float(value) * multiplier) / multiplier
        elif method == "half":
            value = round(float(value) * 2) / 2
        else:
            value = round(float(value), precision)
        return int(value) if precision == 0 else value
    except (ValueError, TypeError):
        return fall_back(default, value)


def add(value, amount, default=NO_DEFAULT):
    try:
        return float(value) + amount
    except (ValueError, TypeError):
        return fall_back(default, value)


def multiply(value, amount, default=NO_DEFAULT):
    try:
        return float(value) * amount
    except (ValueError, TypeError):
        return fall_back(default, value)


def is_number(value):
    try:
        return math.isfinite(float(value))
    except (ValueError, TypeError):
        return False


def to_bool(value, default=NO_DEFAULT):
    if isinstance(value, str):
        word = value.lower().strip()
        if word in ("1", "true", "yes", "on", "enable"):
            return True
        if word in ("0", "false", "no", "off", "disable"):
            return False
    elif isinstance(value, (bool, int, float)):
        return value != 0
    return fall_back(default, value)


def iif(value, if_true=True, if_false=False, if_none=NO_DEFAULT):
    if value is None and if_none is not NO_DEFAULT:
        return if_none
    return if_true if bool(value) else if_false


def is_defined(value):
    if isinstance(value, jinja2.Undefined):
        value()
    return value


def load_json(text):
    def refuse(word):
        raise ValueError(word)

    return json.loads(text, parse_constant=refuse)  # as orjson: no NaN, no Infinity


def from_json(value, default=NO_DEFAULT):
    try:
        return load_json(value)
    except (ValueError, TypeError):
        return fall_back(default, value)


def to_json(value, ensure_ascii=False, pretty_print=False, sort_keys=False):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=sort_keys)


def environment():
    env = ImmutableSandboxedEnvironment(undefined=LoggingUndefined)

    def of_arguments(filter_):
        @jinja2.pass_environment
        def call(env_, *args):
            return filter_(env_, args[0] if len(args) == 1 else args)

        return call

    both = {
        "bitwise_and": lambda a, b: a & b, "bitwise_or": lambda a, b: a | b, "bitwise_xor": lambda a, b: a ^ b,
        "bool": to_bool, "float": to_float, "iif": iif, "int": to_int, "is_number": is_number,
    }
    env.globals.update(both, min=of_arguments(env.filters["min"]), max=of_arguments(env.filters["max"]))
    env.filters.update(both, add=add, from_json=from_json, is_defined=is_defined, multiply=multiply, round=to_round,
                       to_json=to_json)
    env.tests.update(contains=lambda a, b: b in a, is_number=is_number, list=lambda v: isinstance(v, list))
    return env


ENVIRONMENT = environment()


def render(template, payload, variables):
    """Returns the text, or the name of the hub's error, and whether something undefined was used."""
    global undefined_used
    undefined_used = False
    names = dict(variables or {})
    if payload is not None:
        names["value"] = payload
        try:
            names["value_json"] = load_json(payload)
        except ValueError:
            pass
    try:
        return ENVIRONMENT.from_string(template).render(names).strip(), None, undefined_used
    except jinja2.UndefinedError:
        return None, "ERR_NOT_FOUND", undefined_used
    except Exception as error:
        assert not isinstance(error, jinja2.TemplateSyntaxError), (template, error)
        missing = "LoggingUndefined" in str(error) or "input Undefined" in str(error)
        return None, "ERR_NOT_FOUND" if missing else "ERR_MALFORMED", undefined_used


Z2M = ('{"state":"ON","brightness":127,"linkquality":96,"battery":87.5,"temperature":21.37,"child_lock":"LOCK",'
       '"update":{"state":"idle","installed_version":587,"latest_version":590},"color":{"x":0.4,"y":0.38},'
       '"running":true,"position":40,"motor_state":"opening","fan_mode":"medium","running_state":null,"led":true,'
       '"action":"single","state_l1":"OFF","power_on_behavior":null}')
TASMOTA = ('{"Time":"2024-05-01T12:00:00","Uptime":"1T02:03:04","UptimeSec":93784,"Vcc":3.1,"POWER1":"ON","Dimmer":42,'
           '"HSBColor":"200,80,42","DS18B20":{"Id":"0316","Temperature":20.6},"ENERGY":{"Total":12.345,"Power":[0,17],'
           '"Factor":0.98},"TempUnit":"C","Wifi":{"RSSI":74,"Signal":-63,"SSId":"home"},"StatusSTS":{"LoadAvg":19}}')
SHELLY = ('{"id":0,"source":"HTTP_in","output":true,"apower":8.9,"voltage":230.1,"aenergy":{"total":1234.567,'
          '"by_minute":[11.2,0,0]},"temperature":{"tC":41.5,"tF":106.7},"mqtt":{"connected":true}}')
VALETUDO = ('{"state":"cleaning","battery_level":76,"fan_speed":"high","error_description":"No error",'
            '"attributes":{"area":123456,"time":3725}}')

# template, payload, variables; None as payload: a command
REAL = [
    # plain values
    ("{{ value }}", "21.5", None),
    ("{{ value }}", "  padded \n", None),
    ("{{value}}", "", None),
    ("ON", "whatever", None),
    ("{{ value_json }}", "21.50", None),
    ("{{ value_json.temperature }}", Z2M, None),
    ("{{ value_json['linkquality'] }}", Z2M, None),
    ('{{ value_json["color"]["x"] }}', Z2M, None),
    ("{{ value_json.missing }}", Z2M, None),
    ("{{ value_json.missing.deeper }}", Z2M, None),
    ("{{ value_json.temperature }}", "not json", None),
    ("{{ value_json.running_state }}", Z2M, None),
    ("{{ value_json.led }}", Z2M, None),
    ("{{ value_json.temperature | float | round(1) }}", Z2M, None),
    ("{{ value_json.temperature | round(0) }}", Z2M, None),
    ("{{ value_json.temperature | round(1, 'floor') }}", Z2M, None),
    ("{{ value_json.battery | int }}", Z2M, None),
    ("{{ value_json.nothing | float(0) }}", Z2M, None),
    ("{{ value_json.nothing | default(0) | float }}", Z2M, None),
    ("{{ value_json.nothing | is_defined }}", Z2M, None),
    ("{{ value_json.battery | is_defined }}", Z2M, None),
    # Zigbee2MQTT
    ("{% if value_json.led %} true {% else %} false {% endif %}", Z2M, None),
    ('{% if "running" in value_json and value_json.running %} {% if value_json.position > 0 %} closing '
     "{% else %} opening {% endif %} {% else %} stopped {% endif %}", Z2M, None),
    ('{% if "motor_state" in value_json and value_json.motor_state %} {{ value_json.motor_state }} {% else %} '
     "stopped {% endif %}", Z2M, None),
    ("{{ {'off':0, 'low':1, 'medium':2, 'high':3, 'on':4}[value_json.fan_mode] | default('None') }}", Z2M, None),
    ("{{ {'off':0, 'low':1}[value_json.fan_mode] | default('None') }}", Z2M, None),
    ("{{ {0:'off', 1:'low', 2:'medium', 3:'high', 4:'on'}[value] | default('') }}", None, {"value": 2}),
    ("{{ value_json.fan_mode if value_json.fan_mode in ['smart'] else 'None' | default('None') }}", Z2M, None),
    ("{% set values = {None:None,'idle':'idle','heat':'heating','cool':'cooling','fan_only':'fan'} %}"
     "{{ values[value_json.running_state] }}", Z2M, None),
    ("{% set values = {None:None,'idle':'idle','heat':'heating'} %}{{ values[value_json.running_state] }}",
     '{"running_state":"heat"}', None),
    ('{"latest_version":"{{ value_json[\'update\'][\'latest_version\'] }}","installed_version":'
     '"{{ value_json[\'update\'][\'installed_version\'] }}","update_percentage":'
     "{{ value_json['update'].get('progress', 'null') }},\"in_progress\":"
     "{{ (value_json['update']['state'] == 'updating')|lower }}}", Z2M, None),
    ("{{ value_json['update']['state'] == 'available' }}", Z2M, None),
    ("{{ value_json.state_l1 }}", Z2M, None),
    ('{ "position": {{ position }} }', None, {"position": 40, "value": 40}),
    ('{"brightness": {{ value }}}', None, {"value": 12.5}),
    ('{{ value_json.state }}', '{"state":"online"}', None),
    ("{{ value_json.value.state }}", '{"value":{"state":"offline"}}', None),
    # Tasmota
    ("{{value_json.POWER1}}", TASMOTA, None),
    ("{{ value_json['DS18B20'].Temperature }}", TASMOTA, None),
    ("{{ value_json['ENERGY'].Power[1] }}", TASMOTA, None),
    ("{{ value_json.ENERGY.Power | sum }}", TASMOTA, None),
    ("{{ value_json.ENERGY.Total | float(0) | round(2) }}", TASMOTA, None),
    ("{{value_json.HSBColor.split(',')[0:2]|join(',')}}", TASMOTA, None),
    ("{{ value_json.HSBColor.split(',')[0] | int }}", TASMOTA, None),
    ("{{value_json.StatusSTS.LoadAvg|string + '%'}}", TASMOTA, None),
    ("{{ value_json.Uptime.split('T')[0] }} d", TASMOTA, None),
    ("{% if value_json.FanSpeed == 0 -%}0{%- elif value_json.FanSpeed > 0 -%}1{%- endif %}", '{"FanSpeed":2}', None),
    ("{{value_json.FanSpeed*1/3*100}}", '{"FanSpeed":2}', None),
    ("{{ (value_json.Wifi.RSSI - 100) * 0.5 }}", TASMOTA, None),
    # Shelly
    ("{%if value_json.output%}on{%else%}off{%endif%}", SHELLY, None),
    ("{%if value_json.mqtt.connected%}online{%else%}offline{%endif%}", SHELLY, None),
    ("{{ (value_json.aenergy.total / 1000) | round(3) }}", SHELLY, None),
    ("{{ value_json.aenergy.by_minute[0] }}", SHELLY, None),
    ("{{ value_json.params['switch:0'].output | lower }}", '{"params":{"switch:0":{"output":false}}}', None),
    ("{{ value_json.temperature.tC if value_json.temperature is defined }}", SHELLY, None),
    ('{"id":1,"src":"home-assistant","method":"Switch.Set","params":{"id":0,"on":false}}', None, {"value": "OFF"}),
    # Z-Wave JS UI
    ("{{ '#%02x%02x%02x' | format(red, green, blue)}}", None, {"red": 255, "green": 16, "blue": 0}),
    ("{{ value_json.value[1:3] | int(0, 16) }},{{ value_json.value[3:5] | int(0, 16) }},"
     "{{ value_json.value[5:7] | int(0, 16) }}", '{"value":"#ff8000"}', None),
    ('{{ "OFF" if value_json.value == 0 else "ON" }}', '{"value":0}', None),
    ("{{ (value_json.value / 99 * 255) | round(0) }}", '{"value":50}', None),
    ("{{ ((brightness / 255 * 99) | round(0)) if brightness is defined else 255 }}", None, {"brightness": 128}),
    ("{{ ((brightness / 255 * 99) | round(0)) if brightness is defined else 255 }}", None, {}),
    ("{% if value_json.value == false %} false {% elif value_json.value == true %} true {% else %} unknown "
     "{% endif %}", '{"value":true}', None),
    ('{% if value_json.value is equalto "proxy_for_home" %}home{% else %}not_home{% endif %}',
     '{"value":"proxy_for_home"}', None),
    ("{{ value_json.value | tojson }}", '{"value":[1,2.0,"<a>",null,true]}', None),
    # OpenMQTTGateway, Theengs
    ("{% if value_json.get('rssi') -%}home{%- else -%}not_home{%- endif %}", '{"id":"11:22","rssi":-70}', None),
    ("{% if value_json.get('rssi') -%}home{%- else -%}not_home{%- endif %}", '{"id":"11:22"}', None),
    ("{{ value_json.tempc | float | round(1) }}", '{"tempc":"18.349"}', None),
    ("{{ value_json.version if value_json.version is not none else 'unknown' }}", '{"version":null}', None),
    ("{{ (value_json.volt | float * 1000) | int }}", '{"volt":3.012}', None),
    # Valetudo, ESPHome and others
    ("{{ value_json.attributes.area / 10000 }}", VALETUDO, None),
    ("{{ value_json.attributes.time // 60 }} min {{ value_json.attributes.time % 60 }} s", VALETUDO, None),
    ("{{ value_json.fan_speed | title }}", VALETUDO, None),
    ("{{ value if value is defined else 'Unknown' }}", "-61", None),
    ("{% set values = { 'OFF': 0, 'ON': 1} %} { \"state\": {{ values[value] if value in values.keys() else 0 }} }",
     None, {"value": "ON"}),
    ("{% set cmd = {\"mode\": \"write-raw\", \"data\":[[268, value ]]} %} {{ cmd | to_json }}", None,
     {"value": 21.5}),
    ("{% if value == 'Heating' %}2{% elif value == 'DHW' %}1{% else %}0{% endif %}", None, {"value": "DHW"}),
    ("{% if value_json.coolicon == 'on' %}Cooling{% elif value_json.heaticon == 'on' %}Heating{% elif "
     "value_json.coolicon == 'off' and value_json.heaticon == 'off' %}Idle{% else %}Unknown{% endif %}",
     '{"coolicon":"off","heaticon":"off"}', None),
    ("{% if value_json.type in ['stock.added', 'stock.consumed'] %}{{ {'event_type': value_json.type, "
     "'delta': value_json.data.delta} | tojson }}{% endif %}", '{"type":"stock.added","data":{"delta":-2}}', None),
    ('{% if value_json["0"]["2"]["Total system current"] is none %}offline{% else %}online{% endif %}',
     '{"0":{"2":{"Total system current":null}}}', None),
    ("{% if value_json.pattern[0] == 2 %} out {% else %} in {% endif %}", '{"pattern":[2,1]}', None),
    ("{{ value | int | bitwise_and(8) > 0 }}", "12", None),
    ("{{ value | float | multiply(0.1) | round(1) }}", "215", None),
    ("{{ value | replace(',', '.') | float }}", "21,5", None),
    ("{{ 'ON' if value | int(0) > 0 else 'OFF' }}", "n/a", None),
    ("{{ value == '1' | iif('ON', 'OFF') }}", "1", None),
    ("{{ (value == '1') | iif('ON', 'OFF') }}", "1", None),
    ("{{ iif(value_json.on, 'ON', 'OFF', 'None') }}", '{"on":null}', None),
    ("{{ value.upper() }}", "grüße", None),
    ("{{ value | trim | lower }}", " ON ", None),
    ("{{ value.startswith('v') and value[1:] or value }}", "v1.2.3", None),
    ("{{ [value_json.a, value_json.b] | max }}", '{"a":3,"b":17.5}', None),
    ("{{ min(value_json.a, 255) }} {{ max([1, 4, 2]) }}", '{"a":300}', None),
    ("{{ '%.1f' % (value | float) }}", "21.25", None),
    ("{{ '%.2f'|format(value_json.v) }}", '{"v":2.675}', None),
    ("{{ '{:.1f}'.format(value | float) }}", "21.25", None),
    ("{{ '{:02x}{:02X}'.format(value_json.r, value_json.g) }}", '{"r":255,"g":10}', None),
    ("{{ '{0} of {1:>4}{{}} {0:,} {2:<6}|{2:^7}|{2:*>5.2}|'.format(1234567, 7, 'abc') }}", "", None),
    ("{{ '{:05d} {:+.2f} {: d} {:#x} {:.1%} {:e} {:08.2f} {:=+5d}'.format(42, 3.14159, 5, 255, 0.256, 12345.678, -1.5, 3) }}",
     "", None),
    ("{{ '{} {} {} {:>6}'.format(none, true, 21.0, 2.5) }}", "", None),
    ("{{ '{:.1f}'.format(value_json.missing) }}", "{}", None),
    ("{{ '{:d}'.format(2.5) }}", "", None),
    ("{{ '{} {}'.format(1) }}", "", None),
    ("{{ value_json | length }}", '[1,2,3]', None),
    ("{{ value_json[-1].name }}", '[{"name":"a"},{"name":"b"}]', None),
    ("{{ value_json.list | first | upper }}", '{"list":["on","off"]}', None),
    ("{{ value | float + 273.15 }}", "0.1", None),
    ("{{ 0.1 + 0.2 }} {{ 1e16 }} {{ 1e15 }} {{ 0.00001 }} {{ 7 / 2 }} {{ 4 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }}", "", None),
    ("{{ -7 // 2 }} {{ -7 % 3 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 1 + 1.0 }} {{ true + 1 }}", "", None),
    ("{{ 0.5 | round }} {{ 1.5 | round }} {{ 2.5 | round }} {{ 2.675 | round(2) }} {{ 1234 | round(-2) }}", "", None),
    ("{{ none }} {{ true }} {{ False }} {{ [1, 'a', none] }} {{ {'a': 1.0} }} {{ (1,) }} {{ () }}", "", None),
    ("{{ \"it's\" }} {{ [\"it's\", 'say \"x\"', 'tab\\t'] }}", "", None),
    ("{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 }} {{ '1' == 1 }} {{ not 0 }} {{ 0 or 'x' }} {{ 1 and '' }}", "", None),
    ("{{ 'a' ~ 1 ~ none ~ 2.0 }} {{ 'ab' * 2 }} {{ [1] + [2] }}", "", None),
    ("{{ value_json.x is defined }} {{ value_json.y is undefined }} {{ value_json.x is number }} "
     "{{ value_json.s is string }} {{ value_json is mapping }} {{ value_json.x is not none }} {{ 3 is odd }} "
     "{{ value_json.s is iterable }} {{ 6 is divisibleby 3 }}", '{"x":1,"s":"t"}', None),
    ("{%- set x = value_json.a -%}\n  {%- if x > 1 -%}\n big\n {%- endif -%}\n", '{"a":2}', None),
    ("{# a comment with {{ value }} #}{{ value }}{#- another -#}  !", "x", None),
    ("line one\r\n{{ value }}\r\n", "two", None),
    ("{{ value | from_json | length }}", '{"a":1,"b":2}', None),
    ("{{ value_json.a.b.c | default('none', true) }}", '{"a":{"b":{"c":""}}}', None),
    ("{% set x = 1 %}{% if value == 'a' %}{% set x = 2 %}{% endif %}{{ x }}", "a", None),
    ("{{ x }}{% set x = 1 %}{{ x }}", "a", {"x": 9}),
    ("{{ {'a': 1, 'b': 2, 'a': 3} }} {{ {'a': 1}.items() | list }} {{ {'a': 1}.values() | list }}", "", None),
    ("{{ value_json.n | int }} {{ value_json.n }}", '{"n":1234567890123}', None),
    ("{{ value_json.t }}", '{"t":"caf\\u00e9 \\ud83d\\ude00"}', None),
    ("{{ value_json.t | tojson }} {{ value_json.t | to_json }}", '{"t":"caf\\u00e9 \\ud83d\\ude00\\n"}', None),
    ("{{ 'abc'[::-1] }} {{ value[-2:] }} {{ value | reverse }} {{ value[10:] }}", "été", None),
    ("{{ value | is_number }} {{ is_number('x') }} {{ ' 12 ' | int }} {{ '12.9' | int }} {{ '0x1f' | int(base=16) }}",
     "1e3", None),
    ("{{ 'true' | bool }} {{ 'off' | bool }} {{ 'x' | bool(none) }}", "", None),
    ("{{ 'a-b c' | title }} {{ 'hELLO wORLD' | capitalize }} {{ 'x,y' | replace(',', ';') }}", "", None),
    ("{{ value_json.a + value_json.b }}", '{"a":1}', None),
    ("{{ value | float }}", "abc", None),
    ("{{ value_json.a > 5 }}", '{"a":"7"}', None),
    ("{{ 1 / value_json.a }}", '{"a":0}', None),
    ("{{ value_json.a | round(2) }}", '{"a":null}', None),
]

PAYLOADS = [
    '{"a":{"b":"21.5","c":[1,2.5,null,true,"x"]},"n":7,"f":2.5,"neg":-3.75,"s":"Hello wOrld","e":"","z":0,"t":true,'
    '"nul":null,"list":["on","off","Auto"],"nums":[3,1,2],"o":{"k":1,"q":"it\'s"}}',
    "21.5", "ON", '{"a":1}', "[1,2,3]", "", "-5", '"text"', "0.1", "caf\u00e9 \u00dcn\u00ef", "1e5", " 12 ", "true",
    '{"a":{"b":null},"s":"12,34;56"}',
]
NAMES = ("value value_json value_json.a value_json.a.b value_json.n value_json.f value_json.neg value_json.s "
         "value_json.e value_json.z value_json.t value_json.nul value_json.list value_json.nums value_json['o'] "
         "value_json.missing x h p value_json.a.c name").split()
LITERALS = ["0", "1", "2", "3", "10", "2.5", "0.1", "1e3", "255", '"on"', "'ON'", '"21.5"', "','", '""', "true",
            "false", "none", '"abc def"', "[1,2,3]", '["a","b"]', '{"a":1,"b":2}', "(1,2)", '{1:"x",2:"y"}', "[]", "{}",
            "3.999", "1.005", '"\u00e9"', '{"on":"heat",none:"idle"}', "1_000", "0x1f", '"a" "b"']
FILTERS = ["int", "int(0)", "int(default=5)", "int(0,16)", "float", "float(0)", "float(none)", "round", "round(1)",
           "round(2)", 'round(1,"floor")', 'round(1,"ceil")', "round(-1)", 'round(2,"half")', "round(1,default=0)",
           'default("d")', "d(0)", "default(3,true)", "lower", "upper", "trim", "title", "capitalize", "string", "abs",
           "length", "count", "first", "last", "min", "max", "sum", "sort", "sort(reverse=true)", 'join(",")', "join",
           "list", "tojson", "to_json", "to_json(sort_keys=true)", "from_json", "from_json(none)", "is_defined",
           "multiply(2)", "multiply(0.1)", "add(1)", "add(0.5,0)", "bitwise_and(6)", "bitwise_or(1)", "bitwise_xor(3)",
           "iif", 'iif("y","n")', 'iif("y","n","none")', "bool", "bool(false)", "is_number", 'replace("o","0")',
           'replace("","-")', 'replace("l","L",1)', 'trim("do")']
TESTS = ["defined", "undefined", "none", "number", "string", "mapping", "iterable", "sequence", "boolean", "integer",
         "float", "true", "false", "even", "odd", "divisibleby(2)", 'in([1,2,"ON"])', "eq(1)", "ne(2)", "lt(3)",
         "gt(2)", "ge(2)", "le(1)", "is_number", "list", 'contains("a")']
ITEMS = ["[0]", "[-1]", "[1:]", "[:2]", "[::-1]", "[1:3]", "[::2]", ".a", ".b", '["a"]', ".0", "[5]", "[-9:2]"]
METHODS = [".upper()", ".lower()", '.split(",")', ".split()", '.split(" ",1)', '.replace("o","0")', '.startswith("O")',
           '.endswith("N")', ".strip()", '.get("a")', '.get("zz",5)', ".title()", ".capitalize()", '.find("o")',
           '.strip("O")', ".isdigit()", ".lstrip()", '.rstrip("Nd")']
SEED, RANDOM_COUNT = 20240501, 700


class Expressions:
    """Expressions made at random."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def one(self, *choices):
        return self.random.choice(choices)

    def make(self, depth):
        r = self.random
        if depth == 0 or r.random() < 0.15:
            return r.choice(r.choice((NAMES, LITERALS)))
        a, b, c = (self.make(depth - 1) for _ in range(3))
        kind = r.randrange(14)
        if kind == 0:
            return f"{a} {self.one('+', '-', '*', '/', '//', '%', '~')} {b}"
        if kind == 1:
            return f"{a} {self.one('==', '!=', '<', '>', '<=', '>=', 'in', 'not in')} {b}"
        if kind == 2:
            return f"{a} {self.one('and', 'or')} {b}"
        if kind == 3:
            return f"not {a}"
        if kind == 4:
            return f"({a} if {b} else {c})"
        if kind == 5:
            return f"({a}) is {self.one('', 'not ')}{r.choice(TESTS)}"
        if kind == 6:
            return f"{r.choice(NAMES)}{r.choice(ITEMS)}"
        if kind == 7:
            return f"({a}){r.choice(METHODS)}"
        if kind == 8:
            return self.one(
                f"float({a},0)", f"int({a},0)", f"min({a},{b})", f"max({a},{b})", f"iif({a},{b},{c})", f"-{a}",
                f"is_number({a})", f"[{a},{b}]", f'{{"k":{a},1:{b}}}', f"({a},{b})", f"bool({a},none)",
                f"{a} in range(5)", f"range(1,9,3)|join({a})", f'"%d %s %.2f" % ({a},{b},{c})',
                f'"%05.1f|%-4s|%+d|%x" | format({a},{b},{c},{a})', f'"{{}} {{:>4}}|{{:.2f}}|{{:,}}".format({a},{b},{c},{a})', f'"-".join({a})', f"({a}) ** {self.one(2, 3, -1)}")
        return f"{self.one(a, f'({a})')}|{r.choice(FILTERS)}"

    def template(self):
        kind = self.random.randrange(8)
        if kind < 5:
            return "{{ " + self.make(3) + " }}"
        if kind == 5:
            return ("{% if " + self.make(2) + self.one(" %}", " -%}") + " A {{ " + self.make(1) + " }}{% elif " +
                    self.make(1) + " %}B{% else %} {{" + self.make(2) + "}}\n{% endif %}")
        if kind == 6:
            return "{% set x = " + self.make(2) + " %}\n{{ x }} {# c #}-{{- x|string -}} y"
        return "t {{ " + self.make(2) + " }} {{- (" + self.make(2) + ")}}"


def sensible(template, result, error):
    """Whether a random template is worth a row: most that fail, fail for the same few reasons; and what is only a text to
    us Jinja2 may show as an object of its own."""
    return "<" not in (result or "") and "Markup" not in (result or "") and (error is None or len(template) % 6 == 0)


def c_string(text):
    if text is None:
        return "NULL"
    out = '"'
    for byte in text.encode():
        if byte in b'"\\':
            out += "\\" + chr(byte)
        elif 0x20 <= byte < 0x7f and chr(byte) != "?":
            out += chr(byte)
        else:
            out += f"\\{byte:03o}"
    return out + '"'


SHARED = {Z2M: "zigbee2mqtt", TASMOTA: "tasmota", SHELLY: "shelly", VALETUDO: "valetudo", PAYLOADS[0]: "several"}


def print_rows(name, rows):
    print(f"static const struct template_vector {name}[] = {{")
    for template, payload, variables, text, error, undefined in rows:
        print(f"\t{{{c_string(template)},\n\t {c_string(payload)}, "
              f"{c_string(json.dumps(variables) if variables is not None else None)},\n\t {c_string(text)}, {error or 0}, "
              f"{'true' if undefined else 'false'}}},")
    print("};")


def random_rows():
    makers, rows, seen = Expressions(SEED), [], set()
    while len(rows) < RANDOM_COUNT:
        template, payload = makers.template(), makers.random.choice(PAYLOADS)
        variables = {"h": 5, "p": 0.5, "name": "bob"}
        try:
            text, error, undefined = render(template, payload, variables)
        except AssertionError:
            continue
        if template not in seen and sensible(template, text, error):
            seen.add(template)
            rows.append((template, payload, variables, text, error, undefined))
    return rows


if __name__ == "__main__":
    print("/* Made by tests/support/jinja2_vectors.py; do not edit. */")
    for payload, name in SHARED.items():
        print(f"static const char {name}[] = {c_string(payload)};")
    print()
    print_rows("real_vectors", [(*row, *render(*row)) for row in REAL])
    print()
    print_rows("random_vectors", random_rows())
