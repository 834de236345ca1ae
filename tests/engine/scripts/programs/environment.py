"""What a script finds around it."""
import os, sys, warnings
w, lr = 1.0, 0.1
print(__name__, __file__, __doc__, __package__, __spec__, type(__loader__).__name__, __cached__)
print(sys.argv, sys.path[0], os.getcwd(), sorted(globals()), __builtins__ is sys.modules["builtins"])
print(vars(sys.modules["__main__"]) is globals(), sys.flags, sys.stdout.encoding, sys.stdout.line_buffering)
print([m for m in ("numpy", "msgspec", "engine", "tui") if m in sys.modules])
print("signals", __import__("signal").getsignal(2))
warnings.warn("look")
for epoch in range(3):
    w -= lr * w
    print(locals() is globals(), sorted(set(dir())))
print("\d", os.path.exists("/nowhere"))
try:
    os.wait()
except ChildProcessError:
    print("no children")
