"""A stand-in for ROS 2's client library: what Examples/robots/ros2_robot.py needs of it. Speeds go to a file."""

import os


class Publisher:
    def __init__(self, topic):
        assert topic == "cmd_vel"
        self.file = open(os.environ["STAND_IN_TWISTS"], "w", buffering=1)

    def publish(self, message):
        print(message.linear.x, message.angular.z, file=self.file)


class Node:
    def __init__(self, name):
        self.listener = None

    def create_publisher(self, kind, topic, depth):
        return Publisher(topic)

    def create_subscription(self, kind, topic, listener, depth):
        self.listener = kind, listener


def init():
    pass


def shutdown():
    pass


def create_node(name):
    return Node(name)


def spin_once(node, timeout_sec):
    """A message of the odometry, as if the robot drove 100 mm/s."""
    kind, listener = node.listener
    message = kind()
    spin_once.time = getattr(spin_once, "time", 0) + 0.05
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(int(spin_once.time * 1e9), 10**9)
    message.twist.twist.linear.x = 0.1
    listener(message)
