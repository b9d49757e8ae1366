"""The catalogue, instantiated: one stack a pattern. It needs no account and no network.

Context: `engine` (`hosted`, `pinpoint`) and the settings of `stacks/settings.py`.
"""

from aws_cdk import App

from stacks.catalogue import build

app = App()
build(app)
app.synth()
