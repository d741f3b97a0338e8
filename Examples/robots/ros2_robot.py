#!/usr/bin/env python3
"""Drives any ROS 2 robot that listens to cmd_vel: --robot "exec:./ros2_robot.py --wheel-base 235"

Start it in a shell where ROS 2 is set up (source /opt/ros/DISTRIBUTION/setup.bash). It publishes geometry_msgs/Twist,
or TwistStamped with --stamped, and reads nav_msgs/Odometry where there is one. docs/robot-protocol.md has the protocol.
"""
import argparse
import os
import select

import rclpy
from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry

parser = argparse.ArgumentParser()
parser.add_argument("--wheel-base", type=float, default=235, help="distance of the wheels in mm")
parser.add_argument("--topic", default="cmd_vel")
parser.add_argument("--odometry", default="odom", help="topic of the odometry")
parser.add_argument("--stamped", action="store_true", help="publish TwistStamped")
options = parser.parse_args()

rclpy.init()
node = rclpy.create_node("avg_vision")
publisher = node.create_publisher(TwistStamped if options.stamped else Twist, options.topic, 1)
timeout = 0.2
travelled = 0.0  # mm forward, from the odometry's own speed
last_odometry = None


def on_odometry(message):
    global travelled, last_odometry
    now = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
    if last_odometry is not None:
        travelled += message.twist.twist.linear.x * 1000 * (now - last_odometry)
    last_odometry = now


node.create_subscription(Odometry, options.odometry, on_odometry, 1)


def set_wheels(left, right):
    message = TwistStamped() if options.stamped else Twist()
    twist = message.twist if options.stamped else message
    twist.linear.x = (left + right) / 2 / 1000
    twist.angular.z = (right - left) / options.wheel_base
    if options.stamped:
        message.header.stamp = node.get_clock().now().to_msg()
    publisher.publish(message)


def answer(line):
    print(line, flush=True)


def lines():
    """The words of each line; None where there was none in time. select knows nothing of Python's own buffer."""
    rest = b""
    while True:
        if not select.select([0], [], [], timeout)[0]:
            yield None
            continue
        block = os.read(0, 4096)
        if not block:
            return  # the end of the input: the run is over
        *whole, rest = (rest + block).split(b"\n")
        yield from (line.decode().split() for line in whole)


try:
    for words in lines():
        if words is None:
            set_wheels(0, 0)  # nobody speaks: the robot must not go on
        elif words[:1] == ["hello"]:
            timeout = int(words[words.index("timeout_ms") + 1]) / 1000
            answer("robot 1 ros2 odometer_mm")
        elif words[:1] in (["drive"], ["stop"]):
            set_wheels(*(map(int, words[2:4]) if words[0] == "drive" else (0, 0)))
            rclpy.spin_once(node, timeout_sec=0)
            answer(f"senses {words[1]} {travelled:.1f}")
finally:
    set_wheels(0, 0)
    rclpy.shutdown()
