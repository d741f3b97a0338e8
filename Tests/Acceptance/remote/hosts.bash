# shellcheck shell=bash disable=SC2154
# Sourced by check-remote -n: what is tried between two hosts.
# shellcheck source-path=SCRIPTDIR source=two-hosts.bash
source "$acceptance/remote/two-hosts.bash"
limit=3
learn_there() { start_learner --listen "$address:5010" --token-file "$work/token" "$@"; }
start_robot() {
  ip netns exec "$robot_host" "$program" --camera "$work/view" --robot "$port" --learner "$address:5010" --seed 1 \
    --token-file "$work/token" --set "remote.longestStalePolicySeconds=$limit" --set task.minimumTargetArea=1 \
    --output "$@" >"$work/robot-words" 2>&1 </dev/null &
  robot=$!
}
last_wheels() { grep ' wheels ' "$log" | tail -n 1; }
is_moving() { [[ $(last_wheels) =~ wheels\ -?[1-9]|wheels\ 0\ -?[1-9] ]]; }
is_driven() { grep -q 'mode safe' "$log" && is_moving; }
is_standing() { ! is_moving; }
# keeps SECONDS COMMAND...: whether it stays true.
keeps() {
  local end=$((SECONDS + $1)); shift
  while (( SECONDS < end )); do "$@" || return 1; sleep 0.05; done
}
lines() { grep -c "$1" "$work/robot-words" || true; }

learn_there --output "$work/hosts"
start_emulator 1
start_robot "$work/hosts-robot"
check "an emulated robot drives by the policies of another host" wait_until 40 is_driven

cable down; sleep 1; cable up
sleep 3
check "a second without a cable stops nothing" test "$(lines 'stands still')" -eq 0
cable down
check "without a cable for longer than the limit the robot stands and says why" \
  wait_until $((limit + 4)) grep -q 'stands still' "$work/robot-words"
check "and no wheel turns until $cut s are over" keeps $((cut - limit - 1)) is_standing
cable up
check "with the cable it drives again" wait_until 30 grep -q 'is back' "$work/robot-words"
check "and its wheels turn" wait_until 20 is_moving

tc -n "$robot_host" qdisc add dev eth0 root tbf rate 5mbit burst 32kb latency 400ms
before=$(lines 'stands still')
sleep 15
check "over 5 Mbit/s it goes on" test "$(lines 'stands still')" -eq "$before"
tc -n "$robot_host" qdisc del dev eth0 root
end_learner KILL
check "after kill -9 of the learner the robot stands once the limit is over" \
  wait_until $((limit + 5)) is_standing
check "and stays so" keeps 2 is_standing
learn_there --resume "$work/hosts"
check "a learner that comes back has it drive on" wait_until 30 is_moving

worst=0
for ((time = 1; time <= kills; time++)); do
  wait_until 60 is_moving || true
  tell mark strike
  kill -9 "$robot"; wait "$robot" 2>/dev/null || true; robot=""
  sleep 1
  took=$(awk '/ mark strike/ { at = $1; still = 0 } / wheels / && at { if ($3 == 0 && $4 == 0) { if (!still) still = $1 } else still = 0 }
    END { print still ? int((still - at) / 1000000) : 99999 }' "$log")
  (( took > worst )) && worst=$took
  end_emulator
  start_emulator $((time + 1))
  start_robot "$work/hosts-robot-$time"
  wait_until 40 is_driven || true
done
check "after kill -9 of the robot's program, $kills times, the wheels stand within 250 ms: $worst ms" test "$worst" -lt 250
kill -INT "$robot"; wait "$robot" 2>/dev/null || true; robot=""
end_learner INT
check "the run is the learner's" quietly "$program" evaluate "$work/hosts" --episodes 1
grep -E 'missed|learner  ' "$work/robot-words" | sed 's/^/      /'

# A slow link that loses packets. What the learner learns and how many cycles were missed are told.
slow_link 20 5 1
learn_there --output "$work/slow"
end_emulator
start_emulator 9
start_robot "$work/slow-robot"
check "with 20 ± 5 ms each way and 1 % of packets lost the robot drives" wait_until 40 is_driven
sleep 20
check "and nothing stops it" test "$(lines 'stands still')" -eq 0
kill -INT "$robot"; wait "$robot" 2>/dev/null || true; robot=""
end_learner INT
grep -E 'missed|learner  ' "$work/robot-words" | sed 's/^/      /'
check "no step was lost" grep -q ' 0 dropped' "$work/robot-words"

# Everything on the other host but the wheels and the guard.
learn_there --output "$work/led-there"
end_emulator
start_emulator 10
start_robot "$work/led-there-robot" --set remote.acting=learner --set remote.longestActionMilliseconds=200
check "over that link the learner can act too" wait_until 40 is_driven || cat "$work/robot-words"
sleep 10
kill -INT "$robot"; wait "$robot" 2>/dev/null || true; robot=""
end_learner INT
grep -E 'missed|learner  ' "$work/robot-words" | sed 's/^/      /'
kill "$link"
