#!/bin/bash
# usage: tests/bench/peers.sh HOUSEHOLD_PRINT [DAYS]
#
# What other stores make of the same household: Prometheus and InfluxDB 1.x as Debian packages them, where they are
# installed (prometheus, influxdb). Each runs on a free loopback port with its data in a temporary directory. Prints a
# table in Markdown: bytes a sample after compaction, CPU of ingest and compaction, and how long the questions of bench_store
# take over HTTP (median of 20, warm). One day by default; a day takes some four minutes, most of it waiting for compaction.
set -u
print=$(realpath "${1:?usage: peers.sh HOUSEHOLD_PRINT [DAYS]}") || exit 2
days=${2:-1}
case $days in
'' | *[!0-9]* | 0) echo "peers.sh: days must be a number above 0" >&2; exit 2 ;;
esac
[ -x "$print" ] || { echo "peers.sh: $print is not a program (make tests/bench/household_print)" >&2; exit 2; }

start_ms=1704067200000 # as in household.h
end_ms=$((start_ms + days * 86400000))
last_day_ms=$((end_ms - 86400000))
scratch=$(mktemp -d) || exit 1
server= # process id of the one that runs
stop_server() {
	[ -n "$server" ] && kill "$server" 2> /dev/null && wait "$server" 2> /dev/null
	server=
}
trap 'stop_server; rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

say() { echo "peers.sh: $*" >&2; }

free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000)) # below the kernel's own for connections
		(: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null || break
	done
	echo "$port"
}

# User and system CPU of the server, in milliseconds.
server_cpu_ms() {
	local stat fields
	stat=$(< "/proc/$server/stat")
	read -ra fields <<< "${stat##*) }"
	echo $(((fields[11] + fields[12]) * 1000 / $(getconf CLK_TCK)))
}

bytes_of() { du -sb "$1" | cut -f 1; }
blocks_of() { du -sB1 "$1" | cut -f 1; }

# wait_for URL: until the server answers there, for 30 s.
wait_for() {
	for _ in {1..300}; do
		curl -sf -o "$scratch/answer" "$1" && return 0
		kill -0 "$server" 2> /dev/null || break
		sleep 0.1
	done
	say "no answer from $1; its log:"
	tail -n 5 "$scratch/log" >&2
	return 1
}

# wait_quiet DIRECTORY SECONDS: until its size and the server's CPU have rested for so long; five minutes at most.
wait_quiet() {
	local before='' now cpu last_cpu=0 quiet=0
	for _ in {1..300}; do
		now=$(bytes_of "$1")
		cpu=$(server_cpu_ms)
		if [ "$now" = "$before" ] && [ $((cpu - last_cpu)) -lt 200 ]; then quiet=$((quiet + 1)); else quiet=0; fi
		[ "$quiet" -ge "$2" ] && return 0
		before=$now
		last_cpu=$cpu
		sleep 1
	done
	say "$1 has not come to rest in five minutes"
}

# ask TITLE URL DATA…: the median of 20 warm answers and their size.
ask() {
	local title=$1 url=$2 data=() ms
	shift 2
	for d; do data+=(--data-urlencode "$d"); done
	curl -s -G "${data[@]}" -o "$scratch/answer" -w '%{http_code} %{time_total}\n' "$url?turn=[1-21]" > "$scratch/asked"
	if ! awk '$1 != 200 { exit 1 }' "$scratch/asked"; then
		say "$title failed: $(head -c 300 "$scratch/answer")"
		printf '| %s | failed |\n' "$title"
		return
	fi
	ms=$(awk 'NR > 1 { print $2 * 1000 }' "$scratch/asked" | sort -n | sed -n 11p)
	printf '| %s | %.1f ms, %d kB |\n' "$title" "$ms" $(($(stat -c %s "$scratch/answer") / 1000))
}

# report NAME BYTES BLOCKS CPU_MS: the head of a table and the costs
report() {
	printf '\n| %s | |\n|---|---|\n' "$1"
	awk -v n="$samples" -v bytes="$2" -v blocks="$3" -v cpu="$4" 'BEGIN {
		printf "| bytes a sample, files | %.2f |\n| bytes a sample, blocks | %.2f |\n| CPU-s per million, ingest and compaction | %.2f |\n",
			bytes / n, blocks / n, cpu / 1000 / n * 1e6 }'
}

bench_influxdb() {
	if ! command -v influxd > "$scratch/where"; then
		printf '\nInfluxDB is not installed (Debian: influxdb).\n'
		return
	fi
	local port dir=$scratch/influxdb url cpu
	port=$(free_port)
	url=http://127.0.0.1:$port
	say "InfluxDB: ingest"
	INFLUXDB_REPORTING_DISABLED=true INFLUXDB_BIND_ADDRESS=127.0.0.1:$(free_port) \
		INFLUXDB_HTTP_BIND_ADDRESS=127.0.0.1:$port INFLUXDB_HTTP_LOG_ENABLED=false \
		INFLUXDB_META_DIR=$dir/meta INFLUXDB_DATA_DIR=$dir/data INFLUXDB_DATA_WAL_DIR=$dir/wal \
		INFLUXDB_DATA_QUERY_LOG_ENABLED=false INFLUXDB_MONITOR_STORE_ENABLED=false \
		INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION=5s INFLUXDB_DATA_COMPACT_FULL_WRITE_COLD_DURATION=10s \
		influxd run -config /dev/null > "$scratch/log" 2>&1 &
	server=$!
	wait_for "$url/ping" || return
	curl -sf -o "$scratch/answer" "$url/query" --data-urlencode 'q=CREATE DATABASE bench' || return
	cpu=$(server_cpu_ms)
	# shellcheck disable=SC2016 # split's shell expands it
	"$print" influx "$days" | url=$url split -l 5000 \
		--filter='curl -sSf --data-binary @- "$url/write?db=bench&precision=ms"' || { say "a write failed"; return; }
	say "InfluxDB: compaction"
	wait_quiet "$dir" 25
	report "InfluxDB $(influxd version | awk '{ print $2 }')" "$(bytes_of "$dir/data")" "$(blocks_of "$dir/data")" $(($(server_cpu_ms) - cpu))
	local from="time >= ${last_day_ms}ms AND time < ${end_ms}ms"
	ask "24 h raw, 8.6 k points" "$url/query" db=bench epoch=ms "q=SELECT value FROM household WHERE \"series\" = '1' AND $from"
	ask "24 h raw, 86 k points" "$url/query" db=bench epoch=ms "q=SELECT value FROM household WHERE \"series\" = '101' AND $from"
	ask "$days days of 1 Hz in hour buckets" "$url/query" db=bench epoch=ms \
		"q=SELECT min(value), max(value), mean(value) FROM household WHERE \"series\" = '101' AND time >= ${start_ms}ms AND time < ${end_ms}ms GROUP BY time(1h)"
	stop_server
	rm -rf "$dir"
}

bench_prometheus() {
	if ! command -v prometheus promtool > "$scratch/where"; then
		printf '\nPrometheus is not installed (Debian: prometheus).\n'
		return
	fi
	local port dir=$scratch/prometheus url cpu user system
	port=$(free_port)
	url=http://127.0.0.1:$port
	mkdir "$dir"
	say "Prometheus: ingest"
	"$print" openmetrics "$days" > "$scratch/openmetrics" || return
	local TIMEFORMAT='%U %S'
	{ time promtool tsdb create-blocks-from --max-block-duration=200h openmetrics "$scratch/openmetrics" "$dir" > "$scratch/log" 2>&1; } 2> "$scratch/times"
	read -r user system < "$scratch/times"
	rm "$scratch/openmetrics"
	echo 'global: {}' > "$scratch/prometheus.yml"
	prometheus --config.file="$scratch/prometheus.yml" --storage.tsdb.path="$dir" --storage.tsdb.retention.time=100y \
		--web.listen-address="127.0.0.1:$port" --log.level=warn > "$scratch/log" 2>&1 &
	server=$!
	wait_for "$url/-/ready" || return
	say "Prometheus: compaction"
	wait_quiet "$dir" 75 # it begins a minute after the start
	cpu=$(awk -v u="$user" -v s="$system" -v server="$(server_cpu_ms)" 'BEGIN { print int((u + s) * 1000 + server) }')
	report "Prometheus $(prometheus --version 2>&1 | awk 'NR == 1 { print $3 }')" \
		"$(du -scb "$dir"/0* | tail -n 1 | cut -f 1)" "$(du -scB1 "$dir"/0* | tail -n 1 | cut -f 1)" "$cpu"
	printf '| of that promtool, reading text | %s s user, %s s system |\n' "$user" "$system"
	local at=$((end_ms / 1000)) hours
	ask "24 h raw, 8.6 k points" "$url/api/v1/query" "time=$at" 'query=household{series="1"}[24h]'
	ask "24 h raw, 86 k points" "$url/api/v1/query" "time=$at" 'query=household{series="101"}[24h]'
	hours='household{series="101"}[1h]'
	ask "$days days of 1 Hz in hour buckets" "$url/api/v1/query_range" "start=$((start_ms / 1000 + 3600))" "end=$at" step=3600 \
		"query=label_replace(min_over_time($hours), \"of\", \"min\", \"\", \"\") or label_replace(max_over_time($hours), \"of\", \"max\", \"\", \"\") or avg_over_time($hours)"
	stop_server
	rm -rf "$dir"
}

samples=$("$print" influx "$days" | wc -l)
printf '%s days of a household, %s samples, through the interfaces of each; times with HTTP and JSON.\n' "$days" "$samples"
bench_influxdb
stop_server
bench_prometheus
