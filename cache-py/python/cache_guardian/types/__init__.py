"""The plain data that crosses between Python and the core. The schemas in docs/schema say the same."""

from .approve import *
from .ask import *
from .assess import *
from .gate import *
from .path import *
from .promote import *
from .registry import *
from .retention import *
from .sbom import *
from .scan import *
from .sign import *
from .story import *
from .upkeep import *
