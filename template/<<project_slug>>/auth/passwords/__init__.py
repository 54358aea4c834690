"""Passwords: register, verify an e-mail address, log in, change, reset.

No response reveals whether an address has an account: same status, same body, same work (ASVS 6.3.8). A sign-up is a
claim until the mailed secret comes back together with the chosen password, so that a click by the owner of the address
cannot open an account that a stranger prepared.

policy.py     what makes a password acceptable     hashing.py       argon2id in a thread of its own
chosen.py     a new one, checked and hashed        service.py       change, reset
breaches.py   optional lookup of leaked ones       registration.py  sign up, verify the address
login.py      log in                               email_change.py  a new address, verified first
failures.py   wrong ones in a row                  typed.py         what people type to log in
mails.py      what is written to users             commands.py      links that set a password, for operators
"""
