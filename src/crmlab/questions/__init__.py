"""Questions and decisions of the labs, one module a lab; :mod:`crmlab.feedback` asks them."""
