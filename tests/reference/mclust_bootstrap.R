# Standard errors and intervals by R's mclust, as a table that tests read without R:
#
#   Rscript tests/reference/mclust_bootstrap.R > tests/reference/mclust_bootstrap.csv
#
# Of the geyser in samples/, by MclustBootstrap with many replicates; and p values of mclustBootstrapLRT. Components are
# in the order of their first means. (Debian: r-base-core, r-cran-mclust.)

suppressMessages(library(mclust))
options(warn = -1)
set.seed(1)

x <- as.matrix(read.csv(file.path("samples", "geyser.csv")))
exact <- function(x) format(x, digits = 10)
tell <- function(...) cat(..., "\n", sep = ",")

cat("model,method,what,component,i,j,estimate,standard_error,low,high,\n")
for (model in c("VVV", "VVI", "EEE")) {
  fit <- Mclust(x, G = 2, modelNames = model, verbose = FALSE)
  order <- order(fit$parameters$mean[1, ])
  for (type in c("bs", "wlbs", "pb")) {
    boot <- MclustBootstrap(fit, nboot = 2000, type = type, verbose = FALSE)
    se <- summary(boot, what = "se")
    ci <- summary(boot, what = "ci", conf.level = 0.9)
    for (place in 1:2) {
      k <- order[place]
      row <- function(what, i, j, estimate, se, ci)
        tell(model, type, what, place - 1, i, j, exact(estimate), exact(se), exact(ci[1]), exact(ci[2]))
      row("weight", "", "", fit$parameters$pro[k], se$pro[k], ci$pro[, k])
      for (i in 1:2) {
        row("mean", i - 1, "", fit$parameters$mean[i, k], se$mean[i, k], ci$mean[, i, k])
        row("covariance", i - 1, i - 1, fit$parameters$variance$sigma[i, i, k], se$variance[i, i, k], ci$variance[, i, k])
      }
    }
  }
}
for (model in c("VVI", "EEE")) {
  test <- mclustBootstrapLRT(x, modelName = model, nboot = 499, maxG = 4, verbose = FALSE)
  for (place in seq_along(test$G))
    tell(model, "lrt", "", test$G[place], "", "", exact(test$obs[place]), "", exact(test$p.value[place]), "")
}
