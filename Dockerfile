# The twill command on a CPU: schedules are solved here, kernels are not run.
#   docker build -t twill .
#   docker run --rm twill solve flash_attention_forward --gpu h100-sxm

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/twill
WORKDIR /src
COPY constraints-runtime.txt .
RUN /opt/twill/bin/pip install --require-hashes --only-binary :all: --requirement constraints-runtime.txt
COPY . .
RUN /opt/twill/bin/pip install --no-deps --no-build-isolation --no-index . \
    && /opt/twill/bin/pip uninstall --yes setuptools pip

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home twill
COPY --from=build /opt/twill /opt/twill
ENV PATH=/opt/twill/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /documents
ENTRYPOINT ["twill"]
CMD ["--help"]
