#!/usr/bin/python3
"""Stands in for systemd's manager towards a real logind, on a bus of their own: the computer "sleeps" for a second.

    stand-in-manager.py CONTROL     the emulator's control, which "mark asleep" is written to when the sleep begins

Needs DBUS_SYSTEM_BUS_ADDRESS. Nothing really sleeps: logind's locks, signals and waiting are real, the target is not.
"""

import os
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NAME = "org.freedesktop.systemd1"
ROOT = "/org/freedesktop/systemd1"
JOB = dbus.ObjectPath(ROOT + "/job/1")


class Unit(dbus.service.Object):
    """Any unit: it is loaded."""

    @dbus.service.method(dbus.PROPERTIES_IFACE, "ss", "v")
    def Get(self, interface, name):
        return "loaded" if name == "LoadState" else "inactive"


class Manager(dbus.service.Object):
    """Starts the target of sleeping, and ends it a second later."""

    @dbus.service.method(NAME + ".Manager", "ss", "o")
    def StartUnit(self, name, mode):
        with open(sys.argv[1], "w") as control:
            control.write("mark asleep\n")
        GLib.timeout_add(1000, lambda: self.JobRemoved(1, JOB, name, "done"))
        return JOB

    @dbus.service.method(NAME + ".Manager")
    def Subscribe(self):
        pass

    @dbus.service.signal(NAME + ".Manager", "uoss")
    def JobRemoved(self, number, job, unit, result):
        pass


DBusGMainLoop(set_as_default=True)
bus = dbus.bus.BusConnection(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
name = dbus.service.BusName(NAME, bus)
objects = [Manager(bus, ROOT)]
objects += [Unit(bus, f"{ROOT}/unit/{unit}_2etarget") for unit in ("suspend", "sleep")]
GLib.MainLoop().run()
