"""Pictures cleaned, filled and enlarged by a mixture of their patches.

>>> import mixtura as mx
>>> mx.patches.standard()
PatchMixture(200 components of 8 x 8 pixels)
"""

from .denoising import chosen as chosen
from .denoising import denoise as denoise
from .enlarging import enlarge as enlarge
from .estimate import noise as noise
from .filling import fill as fill
from .prior import PatchMixture as PatchMixture
from .prior import learn as learn
from .prior import load as load
from .prior import standard as standard
