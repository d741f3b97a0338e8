#!/usr/bin/env python3
"""Drives any ROS 2 robot that listens to cmd_vel: --robot "exec:./ros2_robot.py --wheel-base 235"

Start it in a shell where ROS 2 is set up (source /opt/ros/DISTRIBUTION/setup.bash). It publishes geometry_msgs/Twist,
or TwistStamped with --stamped, and reads nav_msgs/Odometry where there is one. docs/robot-protocol.md has the protocol.
"""
import argparse

import rclpy
from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry

from avg_robot import serve

parser = argparse.ArgumentParser()
parser.add_argument("--wheel-base", type=float, default=235, help="distance of the wheels in mm")
parser.add_argument("--topic", default="cmd_vel")
parser.add_argument("--odometry", default="odom", help="topic of the odometry")
parser.add_argument("--stamped", action="store_true", help="publish TwistStamped")
options = parser.parse_args()

rclpy.init()
node = rclpy.create_node("avg_vision")
publisher = node.create_publisher(TwistStamped if options.stamped else Twist, options.topic, 1)
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


def feel():
    rclpy.spin_once(node, timeout_sec=0)
    return [f"{travelled:.1f}"]


try:
    serve("ros2", ["odometer_mm"], set_wheels, feel)
finally:
    rclpy.shutdown()
