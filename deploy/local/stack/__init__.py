"""The embedded stack: real servers as child processes on loopback, for the demo and the tests. Imports no service."""

from deploy.local.stack.children import Child, Children, stop_together
from deploy.local.stack.management import Management
from deploy.local.stack.stack import Stack
from deploy.local.stack.waiting import NotReady

__all__ = ["Child", "Children", "Management", "NotReady", "Stack", "stop_together"]
