# ruff: noqa: F403 - every type of every module is meant, and each is named in its own
# What `__init__.py` imports when it is used, as type checkers see it: every type of every module.
from ipo_ledger.application.answers.answer import *
from ipo_ledger.application.answers.batches import *
from ipo_ledger.application.answers.corrections import *
from ipo_ledger.application.answers.evidence import *
from ipo_ledger.application.answers.integrity import *
from ipo_ledger.application.answers.log import *
from ipo_ledger.application.answers.recorded import *
from ipo_ledger.application.answers.rollbacks import *
from ipo_ledger.application.answers.seating import *
from ipo_ledger.application.answers.sheet import *
from ipo_ledger.application.answers.systems import *
