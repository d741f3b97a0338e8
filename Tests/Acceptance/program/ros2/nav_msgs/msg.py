from types import SimpleNamespace

from geometry_msgs.msg import Twist


class Odometry:
    def __init__(self):
        self.header = SimpleNamespace(stamp=SimpleNamespace(sec=0, nanosec=0))
        self.twist = SimpleNamespace(twist=Twist())
