"""The second look hears the noise as the template does, not as the wavelet that fits the noise."""

import numpy as np

from detection_cases import gabor
from fasciscope.detection.score import ATOMS_HZ
from fasciscope.detection.second import hears

FS = 2000.0


def test_a_template_hears_the_noise_of_its_own_band():
    time_s = np.arange(-64, 65) / FS
    templates = np.array([gabor(time_s, f, 0.0, 0.006) for f in (85.0, 180.0)], dtype=np.float32)
    white = hears(templates, np.ones(5), FS)
    np.testing.assert_allclose(white, 1.0)
    hump = np.where(np.array(ATOMS_HZ) == 85.0, 4.0, 1.0)
    loud, quiet = hears(templates, hump, FS)
    assert loud > 2.5
    assert quiet < 1.3


def test_size_does_not_matter():
    time_s = np.arange(-64, 65) / FS
    shape = np.array([gabor(time_s)], dtype=np.float32)
    share = np.array([3.0, 2.0, 1.0, 0.7, 0.5])
    np.testing.assert_allclose(hears(50 * shape, share, FS), hears(shape, share, FS))
