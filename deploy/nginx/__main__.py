"""`python -m deploy.nginx LISTEN SERVICE=HOST:PORT...`: prints the front's configuration, for an image build."""

import sys

from deploy.nginx.render import render
from deploy.nginx.table import front_table

if __name__ == "__main__":
    listen, *pairs = sys.argv[1:]
    sys.stdout.write(render(listen, front_table(dict(pair.split("=", 1) for pair in pairs))))
