from tests.policies import Policy


POLICY = {
    "accounts:demo_sign_in": Policy(methods=("post",)),  # 404 for everybody outside the demo
}
