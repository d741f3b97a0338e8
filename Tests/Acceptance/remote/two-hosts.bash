# shellcheck shell=bash disable=SC2154
# Sourced by check-remote -n and remote-learning: a robot's host and a learner's, each a network namespace, with a cable
# between them. Whoever sources it deletes ${hosts[@]} and ends $link.
(( EUID == 0 )) || die 125 "network namespaces want root"
need_packages iproute2

robot_host=avg-robot-$$ learner_host=avg-learner-$$ address=10.77.0.2
hosts=("$robot_host" "$learner_host")
for host in "${hosts[@]}"; do ip netns add "$host"; ip -n "$host" link set lo up; done
ip link add eth0 netns "$robot_host" type veth peer name eth0 netns "$learner_host"
ip -n "$robot_host" addr add 10.77.0.1/24 dev eth0
ip -n "$learner_host" addr add $address/24 dev eth0
for host in "${hosts[@]}"; do ip -n "$host" link set eth0 up; done
cable() { ip -n "$robot_host" link set eth0 "$1"; }

there=(ip netns exec "$learner_host")

# slow_link MILLISECONDS JITTER LOSS: from now on $address is reached over a link that delays and loses packets, which a
# program carries, for kernels without netem. Sets $link.
slow_link() {
  python3 "$acceptance/remote/link.py" "$robot_host" "$learner_host" "$@" >"$work/link" &
  link=$!
  wait_until 10 grep -q ready "$work/link"
  address=10.78.0.2
}
