"""Passwords: register, prove an address, log in, change, reset.

No answer tells whether an address has an account: same status, same body, same work (ASVS 6.3.8). A sign-up is a claim
until the mailed secret comes back together with the password that was chosen, so that a click by the owner of the
address cannot open an account that a stranger prepared.

policy.py     what makes a password acceptable     hashing.py       argon2id in a thread of its own
login.py      log in                               service.py       change, reset
breaches.py   optional look-up of leaked ones      registration.py  sign up, prove the address
mails.py      what is written to users             email_change.py  another address, proved first
"""
