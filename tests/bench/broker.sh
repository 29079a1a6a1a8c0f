#!/bin/bash
# usage: tests/bench/broker.sh [options] PROGRAMS
#
# The broker beside Debian's mosquitto and beside the physical floor, in one run and in turn. PROGRAMS is the folder of
# broker_bench, mqttload and relay, two below tomte-hub (make bench builds them and calls this). Prints tables in Markdown, each row beside its
# goal; what is lost or reordered is said in its row. The machine should have nothing else to do: CPU time is the figure that stays
# right when it has.
#
#   --quick        one second and one run of each, a tenth of the clients and topics: shows that it works
#   --runs N       medians of N runs (3)
#   --only ROWS    a comma-separated list of: stream, ingest, paced, idle, retained, latency, workers, durable
#   --commit NAME  what is measured
#   --keep FILE    writes the tables into this file too, between its two marks
set -u
export LC_ALL=C

usage() {
	sed -n '2,/^set /s/^# \{0,1\}//p' "$0" | sed '$d'
	exit "$1"
}

quick='' runs=3 only='' commit=unknown keep='' programs=
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=yes ;;
	--runs) runs=${2:?} && shift ;;
	--only) only=${2:?} && shift ;;
	--commit) commit=${2:?} && shift ;;
	--keep) keep=${2:?} && shift ;;
	--help) usage 0 ;;
	-*) usage 2 >&2 ;;
	*) programs=$1 ;;
	esac
	shift
done
for program in broker_bench mqttload relay ../../tomte-hub; do
	[ -x "$programs/$program" ] || { echo "broker.sh: there is no $programs/$program: make bench builds it" >&2; exit 2; }
done
secs=5 clients=10000 topics=100000 rest=
[ -n "$quick" ] && secs=1 clients=1000 topics=10000 runs=1 rest='--warmup 0.5'
# Sockets of the clients and of the broker lie in two processes: each needs one for every client.
ulimit -n "$(ulimit -Hn)"

# Beside the programs and not in /tmp, which may be memory: the durable rows want a disk.
scratch=$(mktemp -d -p "$programs") || exit 1
server='' port=''
stop() {
	[ -n "$server" ] && kill "$server" 2> /dev/null && wait "$server" 2> /dev/null
	server=
}
trap 'stop; rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
say() { echo "broker.sh: $*" >&2; }

# ---- the brokers ------------------------------------------------------------

# run PROGRAM…: starts one that prints its port.
run() {
	: > "$scratch/port"
	"$@" > "$scratch/port" 2> "$scratch/log" &
	server=$!
	for _ in {1..100}; do
		read -r port < "$scratch/port" && return 0
		kill -0 "$server" 2> /dev/null || break
		sleep 0.05
	done
	say "$1 does not start: $(tail -n 3 "$scratch/log")"
	return 1
}

# Below those that the kernel gives to clients.
choose_port() { port=$((20000 + RANDOM % 12000)); }

# run_on_port PROGRAM…: starts one that listens on the chosen port.
run_on_port() {
	"$@" > "$scratch/log" 2>&1 &
	server=$!
	for _ in {1..100}; do
		kill -0 "$server" 2> /dev/null || break
		(: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null && return 0
		sleep 0.05
	done
	say "$1 does not start on port $port: $(tail -n 3 "$scratch/log")"
	return 1
}

# Everything that could make it lose or delay is off: no limits, no log, no Nagle. MORE…: further lines of its configuration.
run_mosquitto() {
	choose_port
	cat > "$scratch/mosquitto.conf" <<END
listener $port 127.0.0.1
allow_anonymous true
max_connections -1
max_inflight_messages 0
max_queued_messages 0
max_queued_bytes 0
set_tcp_nodelay true
log_dest none
sys_interval 0
END
	printf '%s\n' "$@" >> "$scratch/mosquitto.conf"
	[ "$(id -u)" -ne 0 ] || echo 'user root' >> "$scratch/mosquitto.conf"
	run_on_port "$mosquitto" -c "$scratch/mosquitto.conf"
}

# start BROKER: sets server and port. Another program may have taken the port that was chosen: then once more.
start() { start_once "$1" || { stop && start_once "$1"; }; }
start_once() {
	case $1 in
	tomte) run "$programs/broker_bench" 0 ;;
	tomte-disk)
		choose_port
		rm -rf "$scratch/tomte" && mkdir -m 700 "$scratch/tomte" &&
			run_on_port "$programs/../../tomte-hub" --broker-only --listen "127.0.0.1:$port" --allow-anonymous --durable --state-dir "$scratch/tomte"
		;;
	tomte-2) run "$programs/broker_bench" 0 2 ;;
	floor-disk) run "$programs/relay" 0 disk "$scratch/journal" ;;
	floor-*) run "$programs/relay" 0 "${1#floor-}" ;;
	mosquitto) [ -n "$mosquitto" ] && run_mosquitto 'persistence false' ;;
	mosquitto-disk)
		rm -rf "$scratch/mosquitto" && mkdir "$scratch/mosquitto" && [ -n "$mosquitto" ] &&
			run_mosquitto 'persistence true' "persistence_location $scratch/mosquitto/" 'autosave_interval 1'
		;;
	esac
}

# ---- measuring ----------------------------------------------------------------

declare -A role=() # of the present scenario: tomte, mosquitto, floor -> broker

# scenario "TOMTE MOSQUITTO [FLOOR]" ARGUMENTS…: runs mqttload against them in turn, several times. - stands for none.
scenario() {
	local names i turn
	read -ra names <<< "$1"
	shift
	role=([tomte]=${names[0]} [mosquitto]=${names[1]} [floor]=${names[2]:--})
	rm -f "$scratch"/result.*
	say "$* (${names[*]})"
	for ((turn = 0; turn < runs; turn++)); do
		for i in "${names[@]}"; do
			[ "$i" != - ] || continue
			start "$i" || { stop; continue; }
			"$programs/mqttload" "$@" --port "$port" --broker-pid "$server" >> "$scratch/result.$i" 2>> "$scratch/complaints"
			stop
		done
	done
}

# values BROKER FIELD: of each run. FIELD may be object.field.
values() {
	[ -e "$scratch/result.$1" ] || return 0
	case $2 in
	*.p*) sed -n "s/.*\"${2%%.*}\": {[^}]*\"${2#*.}\": \\([-0-9.]*\\).*/\\1/p" "$scratch/result.$1" ;;
	*) sed -n "s/.*\"$2\": \\([-0-9.]*\\).*/\\1/p" "$scratch/result.$1" ;;
	esac
}

median() { sort -g | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# What went wrong at a broker in any of the runs, as words.
faults() {
	local field sum text=''
	for field in lost duplicates reordered disconnects; do
		sum=$(values "$1" "$field" | awk '{ s += $1 } END { print s + 0 }')
		[ "$sum" = 0 ] || text+=", $sum $field"
	done
	echo "${text#, }"
}

# compute EXPRESSION FORMAT: nothing when a value in it is missing.
compute() { awk "BEGIN { printf \"$2\", $1 }" 2> /dev/null; }

# number VALUE DECIMALS: with thousands set apart, – for none.
number() {
	[ -n "$1" ] || { echo –; return; }
	awk -v v="$1" -v d="$2" 'BEGIN {
		s = sprintf("%.*f", d, v); sign = ""; rest = ""
		if (s ~ /^-/) { sign = "-"; s = substr(s, 2) }
		if (i = index(s, ".")) { rest = substr(s, i); s = substr(s, 1, i - 1) }
		while (length(s) > 3) { rest = "," substr(s, length(s) - 2) rest; s = substr(s, 1, length(s) - 3) }
		print sign s rest }'
}

# row TITLE TOMTE MOSQUITTO FLOOR DECIMALS GOAL: GOAL is "≤ N", "≥ N", "≤ N × floor" or nothing. LESS is better but for ≥.
row() {
	local title=$1 tomte=$2 mosquitto=$3 floor=$4 decimals=$5 goal=$6 ratio='' limit met='' broken
	[ "$mosquitto" != 0 ] || mosquitto='' # it did not get that far
	broken=$(faults "${role[tomte]}")
	[ -z "$broken" ] || title+=" (tomte: $broken)"
	local theirs
	theirs=$(faults "${role[mosquitto]}")
	[ -z "$theirs" ] || title+=" (mosquitto: $theirs)"
	if [ -n "$tomte" ] && [ -n "$mosquitto" ]; then
		case $goal in
		≥*) ratio=$(compute "$tomte / ($mosquitto > 0 ? $mosquitto : 1e-9)" %.1f) ;;
		*) ratio=$(compute "$mosquitto / ($tomte > 0 ? $tomte : 1e-9)" %.1f) ;;
		esac
	fi
	limit=${goal#* } limit=${limit%% *} limit=${limit//,/}
	case $goal in *'× floor') limit=$(compute "$limit * ${floor:-x}" %f) ;; esac
	if [ -n "$goal" ] && [ -n "$tomte" ] && [ -n "$limit" ]; then
		case $goal in
		≥*) met=$(compute "($tomte >= $limit)" %d) ;;
		*) met=$(compute "($tomte <= $limit)" %d) ;;
		esac
		[ -z "$broken" ] || met=0
		[ "$met" = 1 ] && met=yes || met='**no**'
	fi
	printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$title" "$(number "$tomte" "$decimals")" "$(number "$mosquitto" "$decimals")" \
		"${ratio:+$ratio ×}" "$(number "$floor" "$decimals")" "$goal" "$met"
}

# line TITLE FIELD DECIMALS GOAL: a row of the medians of a field of the present scenario.
line() {
	row "$1" "$(values "${role[tomte]}" "$2" | median)" "$(values "${role[mosquitto]}" "$2" | median)" \
		"$(values "${role[floor]}" "$2" | median)" "$3" "$4"
}

# cost TITLE GOAL: what a million deliveries cost, and, for the other table, how many there were.
cost() {
	line "$1" broker_cpu_s_per_million 3 "$2"
	printf '| %s | %s | %s | %s |\n' "$1" "$(number "$(values "${role[tomte]}" received_per_s | median)" 0)" \
		"$(number "$(values "${role[mosquitto]}" received_per_s | median)" 0)" \
		"$(number "$(values "${role[floor]}" received_per_s | median)" 0)" >> "$scratch/rates"
}

# System calls of BROKER for each message delivered, in a pass of its own as counting costs.
syscalls() {
	local broker=$1 counter
	shift
	perf stat -e raw_syscalls:sys_enter true 2> /dev/null || return 0
	rm -f "$scratch/result.counted"
	start "$broker" || { stop; return 0; }
	perf stat -x ' ' -e raw_syscalls:sys_enter -o "$scratch/counted" -p "$server" &
	counter=$!
	"$programs/mqttload" "$@" --port "$port" --broker-pid "$server" > "$scratch/result.counted" 2>> "$scratch/complaints"
	kill -INT "$counter" && wait "$counter" 2> /dev/null
	stop
	awk -v n="$(values counted received)" '$2 ~ /sys_enter/ || $3 ~ /sys_enter/ { if (n > 0) print $1 / n }' "$scratch/counted"
}

wanted() { [ -z "$only" ] || [[ ,$only, = *,$1,* ]]; }

heading() {
	printf '\n| %s | tomte | mosquitto | ratio | floor | goal | met |\n|---|---|---|---|---|---|---|\n' "$1"
}

# ---- the rows -------------------------------------------------------------------

rows_stream() {
	local qos
	local -A goals=([0]='≤ 0.25' [1]='≤ 0.7' [2]='≤ 1.1')
	for qos in 0 1 2; do
		scenario 'tomte mosquitto floor-pairs' pairs --pubs 50 --qos $qos --secs "$secs"
		cost "pairs QoS $qos" "${goals[$qos]}"
	done
	scenario 'tomte mosquitto floor-fanin' fanin --pubs 100 --qos 0 --secs "$secs"
	cost 'fan-in QoS 0, 100 to 1' '≤ 0.20'
	scenario 'tomte mosquitto floor-fanout' fanout --subs 100 --qos 0 --secs "$secs"
	cost 'fan-out QoS 0, 1 to 100' '≤ 0.10'
}

rows_ingest() {
	scenario 'tomte mosquitto floor-ingest' ingest --pubs 100 --qos 1 --secs "$secs"
	cost 'ingest QoS 1, publishers only' '≤ 0.4'
}

rows_paced() {
	local paced=(latency --topo pairs --pubs 100 --qos 0 --rate 30000 --secs "$secs" --warmup 0.5)
	scenario 'tomte mosquitto floor-pairs' "${paced[@]}"
	line 'one packet per write at 30,000/s' broker_cpu_s_per_million 2 '≤ 9.5'
	row 'the same, system calls a message' "$(syscalls tomte "${paced[@]}")" "$(syscalls mosquitto "${paced[@]}")" \
		"$(syscalls floor-pairs "${paced[@]}")" 2 '≤ 3'
}

rows_latency() {
	local qos
	for qos in 0 1; do
		# shellcheck disable=SC2086 # two words or none
		scenario 'tomte mosquitto floor-pairs' latency --topo pairs --pubs 100 --qos $qos --rate 10000 --secs $((secs + 2)) $rest
		line "QoS $qos at 10,000/s, p50" latency_us.p50 0 ''
		line "the same, p99" latency_us.p99 0 '≤ 1.25 × floor'
		line "the same, p99.9" latency_us.p99.9 0 '≤ 40,000'
		line "the generator's own delay in it, p99" lag_us.p99 0 ''
	done
}

rows_idle() {
	scenario 'tomte mosquitto floor-idle' conns --clients "$clients" --subscribe --hold 1 --settle 3
	line 'bytes of an idle connection with 1 subscription' rss_bytes_per_connection 0 '≤ 600'
	line 'memory kept after they all have gone, %' rss_percent_kept 1 '≤ 25'
	line 'CPU-s of 1,000 connections that come and subscribe' connect_cpu_s_per_1000 3 ''
}

rows_retained() {
	scenario 'tomte mosquitto' retained --topics "$topics" --qos 1 --size 64
	line 'bytes of a retained message of 86 bytes' rss_bytes_per_retained 0 '≤ 200'
	line 'storing, QoS 1, CPU-s per million' store_broker_cpu_s_per_million 3 '≤ 0.8'
	line 'delivering, CPU-s per million' deliver_broker_cpu_s_per_million 3 '≤ 0.25'
}

# The cost of two workers beside one; mosquitto has but one thread.
rows_workers() {
	local kind one two
	for kind in pairs fanin fanout; do
		scenario 'tomte tomte-2' "$kind" --qos 0 --secs "$secs"
		one=$(values tomte broker_cpu_s_per_million | median) two=$(values tomte-2 broker_cpu_s_per_million | median)
		role=([tomte]=tomte-2 [mosquitto]=- [floor]=-)
		row "$kind QoS 0, two workers, times one" "$(compute "${two:-x} / ${one:-x}" %.3f)" '' '' 2 '≤ 1.3'
	done
}

# Retained QoS 1: acknowledged when it is on the disk. mosquitto acknowledges at once and writes its state every second.
rows_durable() {
	scenario 'tomte-disk mosquitto-disk floor-disk' ingest --pubs 100 --qos 1 --retain --secs "$secs"
	line 'acknowledgements a second' received_per_s 0 '≥ 50,000'
	line 'CPU-s per million, all threads' broker_cpu_s_per_million 2 '≤ 3'
	local rate
	for rate in 10000 50000; do
		# shellcheck disable=SC2086 # two words or none
		scenario 'tomte-disk mosquitto-disk floor-disk' latency --topo ingest --pubs 100 --qos 1 --retain --rate $rate --secs $((secs + 2)) $rest
		line "at $(number $rate 0)/s, one packet per write, p50, µs" latency_us.p50 0 ''
		line 'the same, p99' latency_us.p99 0 '≤ 5,000'
		line "the generator's own delay in it, p99" lag_us.p99 0 ''
	done
}

tables() {
	printf '%s · commit %s · %s × %s · Linux %s · %s\n\n' "$(date -u '+%Y-%m-%d %H:%M UTC')" "$commit" "$(nproc)" \
		"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(uname -r)" "$mosquitto_version"
	printf 'Medians of %s runs of %s s, in turn, loopback, payloads of 64 bytes, load average %s before. floor: a relay that parses nothing, with the same batching; where the disk comes in, it writes and syncs once a turn. ratio: how many times better than mosquitto.\n' \
		"$runs" "$secs" "$(cut -d ' ' -f 1 /proc/loadavg)"
	"$programs/mqttload" machine > "$scratch/result.machine"
	printf '\nHere a bare system call costs %s µs of CPU, a send and a receive of 91 bytes %s µs, a fresh page %s µs; where the goals were set, 0.12 and 3.2 µs for the first two: read the goals of rows that are all system calls beside the floor.\n' \
		"$(values machine syscall_us)" "$(values machine send_receive_us)" "$(values machine page_us)"
	if wanted stream || wanted ingest || wanted paced; then
		heading 'CPU-s of the broker per million deliveries'
		wanted stream && rows_stream
		wanted ingest && rows_ingest
		wanted paced && rows_paced
	fi
	if [ -s "$scratch/rates" ]; then
		printf '\n| deliveries a second, generator beside it | tomte | mosquitto | floor |\n|---|---|---|---|\n'
		cat "$scratch/rates"
	fi
	wanted latency && heading 'latency of one packet per write, µs' && rows_latency
	wanted idle && heading "$clients connections" && rows_idle
	wanted retained && heading "$topics retained messages" && rows_retained
	wanted durable && heading 'durable PUBACK, journal on the disk' && rows_durable
	wanted workers && heading 'more workers' && rows_workers
}

mosquitto=$(PATH=$PATH:/usr/sbin command -v mosquitto) || say 'mosquitto is not installed (Debian: mosquitto): its columns stay empty'
mosquitto_version='no mosquitto'
[ -z "$mosquitto" ] || mosquitto_version=$("$mosquitto" -h | head -n 1)
: > "$scratch/complaints"
tables | tee "$scratch/tables"
[ ! -s "$scratch/complaints" ] || { say 'the load generator said:' && sort "$scratch/complaints" | uniq -c | head -n 20 >&2; }
if [ -n "$keep" ]; then
	awk -v tables="$scratch/tables" '
		/^<!-- broker -->$/ { print; print ""; while ((getline text < tables) > 0) print text; print ""; skip = 1 }
		/^<!-- end of broker -->$/ { skip = 0 }
		!skip || /^<!-- end/ { if (!/^<!-- broker -->$/) print }' "$keep" > "$scratch/kept" && cat "$scratch/kept" > "$keep"
fi
